'use strict';

/** What a run has printed and logged, as lines with numbers. */

const {attributes, html} = require('../html');
const {count, plural, size} = require('../words');
const {segment} = require('./context');
const {card, empty} = require('./layout');

/** @typedef {import('./context').Context} Context */
/** @typedef {import('../../../index').OutputLine} OutputLine */

/** A page with more of them is slow in a browser. */
const MOST_LINES = 2_000;
const LONGEST_LINE = 4_000;
/** The line of the text that says how much is left out there. */
const GAP = /^… [\d,]+ bytes left out …$/m;

/**
 * @param {Context} context
 * @param {import('../../../index').RunInfo} run
 */
function outputCard(context, run) {
    if (context.options.showOutput === false) {
        return '';
    }
    const output = context.jobManager.output(run.id, {lines: true});
    const isPrinted = output?.lines.length > 0 || isCaptured(context.jobManager, run);
    if (output === undefined || !isPrinted) {
        return card('Output', {id: 'output'}, notKept(context, run));
    }
    const isLive = run.ended === undefined;
    const {totalBytes, droppedBytes} = output;
    const aside = html`${
        isLive &&
        html`<label class="follow" data-script hidden
                ><input type="checkbox" id="follow" checked />Follow</label
            >`
    }<span>${size(totalBytes)}${droppedBytes > 0 && html`, <b>${size(droppedBytes)} left out</b>`}</span
        ><a href="${context.to(`api/v1/runs/${segment(run.id)}/output`)}" download="${fileName(run)}"
            >Download</a
        >`;
    return card(
        'Output',
        {id: 'output', aside},
        output.lines.length === 0 ? nothing(isLive) : list(context, output)
    );
}

function notKept({jobManager}, {job}) {
    return jobManager.job(job)?.kind === 'inline'
        ? empty(
              'Output is not kept',
              html`The function runs on the event loop of the host, and prints where the host does. What it writes with <code>run.log</code> is kept.`
          )
        : empty(
              'Output is inherited',
              html`What this run prints goes where the output of the host goes. The option
                  <code>output: 'capture'</code> of the job, or <code>'both'</code>, keeps it here.`
          );
}

/** Of a function on the event loop only lines of its log are kept. */
const isCaptured = (jobManager, run) => jobManager.job(run.job)?.kind !== 'inline';

const nothing = (isLive) =>
    empty(
        'Nothing printed',
        isLive ? 'What it prints is shown here as it comes.' : 'This run has printed nothing.'
    );

function list(context, {text, lines}) {
    const gap = GAP.exec(text);
    const gapAt = gap === null ? -1 : text.slice(0, gap.index).split('\n').length - 1;
    const first = Math.max(0, lines.length - MOST_LINES);
    const isTried = lines.at(-1).attempt > 1;
    const items = lines.slice(first).map((line, index) => {
        const isNew = isTried && line.attempt !== lines[first + index - 1]?.attempt;
        return [
            isNew && html`<li class="gap">attempt ${line.attempt}</li>`,
            first + index === gapAt && html`<li class="gap">${gap[0]}</li>`,
            lineItem(context, line, first + index + 1)
        ];
    });
    return html`${
        first > 0 &&
        html`<p class="more">
                The last ${count(MOST_LINES)} of ${plural(lines.length, 'line')}: the download has all that is
                kept.
            </p>`
    }
        <div class="output" id="lines" role="region" aria-label="Lines of the output" tabindex="0">
            <ol>
                ${items}
            </ol>
        </div>`;
}

/** @param {Context} context @param {OutputLine} line @param {number} number */
function lineItem(context, {at, stream, level, text, fields}, number) {
    const source = stream === 'stderr' ? 'stderr' : stream === 'log' ? (level ?? 'log') : undefined;
    const shown = context.text(lastWritten(text), 'output');
    const more = fields !== undefined && context.options.showData && ` ${context.json(fields, 'fields', 0)}`;
    return html`<li
        value="${number}"
        ${attributes({class: source && `from-${source}`, title: at.toISOString()})}
    >
        ${source && html`<b>${source}</b> `}${shown}${more}
    </li>`;
}

/** Of a line that was written over, as progress bars are, what a terminal shows at last. */
function lastWritten(text) {
    const written = text.endsWith('\r') ? text.slice(0, -1) : text;
    const last = written.slice(written.lastIndexOf('\r') + 1);
    return last.length > LONGEST_LINE ? `${last.slice(0, LONGEST_LINE)}…` : last;
}

const fileName = ({job, id}) => `${`${job}-${id}`.replaceAll(/[^\w.-]+/g, '_').slice(0, 80)}.txt`;

module.exports = {outputCard};

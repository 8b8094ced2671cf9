'use strict';

/** What a run has printed, as lines with numbers. */

const {stripVTControlCharacters} = require('node:util');
const {attributes, html} = require('../html');
const {count, plural, size} = require('../words');
const {segment} = require('./context');
const {card, empty} = require('./layout');

/** @typedef {import('./context').Context} Context */

/** A page with more of them is slow in a browser. */
const MOST_LINES = 2_000;
const LONGEST_LINE = 4_000;

/**
 * @param {Context} context
 * @param {import('../../../index').RunInfo} run
 */
function outputCard(context, run) {
    if (context.options.showOutput === false) {
        return '';
    }
    const isLive = run.ended === undefined;
    const output = context.jobManager.output?.(run.id);
    if (output === undefined) {
        return card('Output', {id: 'output'}, notKept(context, run));
    }
    const {text, totalBytes, droppedBytes} = output;
    const lines = linesOf(shownText(context, text));
    const about = html`${size(totalBytes)}${droppedBytes > 0 && html`, <b>${size(droppedBytes)} left out</b>`}`;
    const download = html`<a
        href="${context.to(`api/v1/runs/${segment(run.id)}/output`)}"
        download="${fileName(run)}"
        >Download</a
    >`;
    const follow =
        isLive &&
        html`<label class="follow" data-script hidden
            ><input type="checkbox" id="follow" checked />Follow</label
        >`;
    const content =
        lines.length === 0
            ? empty(
                  'Nothing printed',
                  isLive ? 'What it prints is shown here as it comes.' : 'This run has printed nothing.'
              )
            : html`${lines.length > MOST_LINES && html`<p class="more">The last ${count(MOST_LINES)} of ${plural(lines.length, 'line')}: the download has all that is kept.</p>`}
                  <div class="output" id="lines" role="region" aria-label="Output" tabindex="0">
                      <ol start="${Math.max(1, lines.length - MOST_LINES + 1)}">
                          ${lines.slice(-MOST_LINES).map((line) => html`<li>${line}</li>`)}
                      </ol>
                  </div>`;
    return html`<div${attributes({'data-poll': isLive})}>${card('Output', {id: 'output', aside: html`${follow}<span>${about}</span>${download}`}, content)}</div>`;
}

function notKept({jobManager}, {job}) {
    const kind = jobManager.job(job)?.kind;
    return kind === 'inline'
        ? empty(
              'Output is not kept',
              'The function runs on the event loop of the host, and prints where the host does.'
          )
        : empty(
              'Output is inherited',
              html`What this run prints goes where the output of the host goes. The option
                  <code>output: 'capture'</code> of the job, or <code>'both'</code>, keeps it here.`
          );
}

/** As it may be seen, without the escapes of terminals. */
function shownText({options: {redact}}, text) {
    return stripVTControlCharacters(String(redact ? redact(text, 'output') : text));
}

/** @returns {string[]} of a line that was written over, as progress bars are, what a terminal shows at last */
function linesOf(text) {
    if (text === '') {
        return [];
    }
    const lines = text.split('\n');
    if (lines.at(-1) === '') {
        lines.pop();
    }
    return lines.map((line) => {
        const written = line.endsWith('\r') ? line.slice(0, -1) : line;
        const last = written.slice(written.lastIndexOf('\r') + 1);
        return last.length > LONGEST_LINE ? `${last.slice(0, LONGEST_LINE)}…` : last;
    });
}

const fileName = ({job, id}) => `${`${job}-${id}`.replaceAll(/[^\w.-]+/g, '_').slice(0, 80)}.txt`;

module.exports = {linesOf, outputCard};

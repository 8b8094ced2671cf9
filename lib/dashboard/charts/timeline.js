'use strict';

/** The runs of a job over time: a bar for each attempt, joined to the one before; and when it is due next. */

const {html} = require('../html');
const {duration} = require('../words');
const {gridLines} = require('./axis');
const {countOutcomes, outcomeOf, share, spelledOut} = require('./shapes');

const HEIGHT = 24;
const TOP = 6;
const BAR = 12;
/** As much of the width as can be seen, and pointed at. */
const SMALLEST = 0.004;
/** With more runs than this in a row they are drawn without links, and as few as can be told apart. */
const MOST_LINKS = 30;
const COLUMNS = 500;
/** More due times than this are a band. */
const MOST_DUE = 25;

/** @typedef {import('../../../index').RunInfo} RunInfo */

/**
 * @param {object} row
 * @param {string} row.job
 * @param {RunInfo[]} row.runs
 * @param {number[]} row.due - times to come, in ms
 * @param {import('./axis').TimeScale} scale
 * @param {object} options
 * @param {number} options.nowMs
 * @param {(id: string) => string} options.urlOf - of the page of a run
 */
function timelineRow({job, runs, due}, scale, {nowMs, urlOf}) {
    const isDense = runs.length > MOST_LINKS;
    const dueText = due.length > 0 ? `, due ${due.length === 1 ? 'once' : `${due.length} times`}` : '';
    const label = `${job}: ${spelledOut(countOutcomes(runs)) || 'no run'}${dueText}`;
    return html`<svg class="timeline" role="group" aria-label="${label}" width="100%" height="${HEIGHT}">
        ${gridLines(scale, nowMs)}${
            isDense ? denseRuns(runs, scale, nowMs) : runs.map((run) => runShape(run, scale, nowMs, urlOf))
        }${dueMarks(due, scale)}
    </svg>`;
}

/** A run, as a link to its page. It can be reached by keyboard in the table of runs. */
function runShape(run, scale, nowMs, urlOf) {
    const outcome = outcomeOf(run);
    const endMs = run.ended?.getTime() ?? nowMs;
    const text = `${run.job}: ${run.state}${run.attempt > 1 ? ` at attempt ${run.attempt}` : ''}, ${duration(endMs - beginOf(run))}`;
    const joins = [];
    const bars = [];
    let leftOff = (run.due ?? run.queued)?.getTime();
    for (const {started, ended} of run.history) {
        joins.push(join(leftOff, started.getTime(), scale, bars.length === 0 ? 'waiting' : 'retrying'));
        bars.push(bar('failed', started.getTime(), ended.getTime(), scale));
        leftOff = ended.getTime();
    }
    const isWaiting = run.state === 'retrying' || run.started === undefined;
    const lastBegin = isWaiting ? endMs : run.started.getTime();
    joins.push(join(leftOff, lastBegin, scale, bars.length === 0 ? 'waiting' : 'retrying'));
    if (!isWaiting && !isKnown(run, lastBegin)) {
        bars.push(bar(outcome, lastBegin, endMs, scale));
    }
    return html`<a href="${urlOf(run.id)}" tabindex="-1"><title>${text}</title>${joins}${bars}</a>`;
}

/** The last attempt is in the history, too, if it has failed and the next one has not begun. */
const isKnown = ({history}, lastBegin) => history.at(-1)?.started.getTime() === lastBegin;

const beginOf = ({history, started, queued, due}) =>
    (history[0]?.started ?? started ?? queued ?? due ?? new Date()).getTime();

function bar(outcome, fromMs, toMs, scale) {
    if (toMs < scale.fromMs || fromMs > scale.toMs) {
        return '';
    }
    const left = scale.at(fromMs);
    const width = Math.max(SMALLEST, scale.at(toMs) - left);
    if (outcome === 'cancelled') {
        return html`<rect
            class="o-cancelled"
            x="${share(left)}"
            y="${TOP + 0.5}"
            width="${share(width)}"
            height="${BAR - 1}"
        />`;
    }
    const body = html`<rect
        class="f-${outcome}"
        x="${share(left)}"
        y="${TOP}"
        width="${share(width)}"
        height="${BAR}"
    />`;
    // It ends with a wall, so that it is told apart without its colour.
    return outcome === 'failed'
        ? [
              body,
              html`<rect
                  class="f-failed"
                  x="${share(left + width - SMALLEST / 2)}"
                  y="${TOP - 4}"
                  width="3"
                  height="${BAR + 8}"
              />`
          ]
        : body;
}

function join(fromMs, toMs, scale, look) {
    const [left, right] = [scale.at(fromMs ?? toMs), scale.at(toMs)];
    return (
        right - left > SMALLEST / 2 &&
        html`<line
            class="l-${look}"
            x1="${share(left)}"
            x2="${share(right)}"
            y1="${TOP + BAR / 2}"
            y2="${TOP + BAR / 2}"
        />`
    );
}

/** One path for each outcome. In a column of pixels the worst outcome is seen. */
function denseRuns(runs, scale, nowMs) {
    const columns = {
        completed: new Uint8Array(COLUMNS),
        cancelled: new Uint8Array(COLUMNS),
        failed: new Uint8Array(COLUMNS),
        running: new Uint8Array(COLUMNS)
    };
    for (const run of runs) {
        const outcome = run.history.length > 0 && run.state === 'retrying' ? 'failed' : outcomeOf(run);
        const first = Math.min(COLUMNS - 1, Math.floor(scale.at(beginOf(run)) * COLUMNS));
        const last = Math.min(COLUMNS - 1, Math.floor(scale.at(run.ended?.getTime() ?? nowMs) * COLUMNS));
        (columns[outcome] ?? columns.running).fill(1, first, last + 1);
    }
    const paths = Object.entries(columns).map(([outcome, marks]) => {
        const tall = outcome === 'failed';
        const path = stretchesOf(marks)
            .map(
                ([from, to]) =>
                    `M${from} ${tall ? TOP - 4 : TOP}h${to - from}v${tall ? BAR + 8 : BAR}h${from - to}z`
            )
            .join('');
        return path && html`<path class="f-${outcome}" d="${path}" />`;
    });
    return html`<svg
        viewBox="0 0 ${COLUMNS} ${HEIGHT}"
        width="100%"
        height="${HEIGHT}"
        preserveAspectRatio="none"
    >
        ${paths}
    </svg>`;
}

/** @returns {Array<[number, number]>} where the marks are set */
function stretchesOf(marks) {
    const stretches = [];
    let from;
    for (let index = 0; index <= marks.length; index++) {
        if (marks[index] === 1) {
            from ??= index;
        } else if (from !== undefined) {
            stretches.push([from, index]);
            from = undefined;
        }
    }
    return stretches;
}

function dueMarks(due, scale) {
    if (due.length > MOST_DUE) {
        const [left, right] = [scale.at(due[0]), scale.at(due.at(-1))];
        return html`<rect
            class="f-due"
            x="${share(left)}"
            y="${TOP}"
            width="${share(right - left)}"
            height="${BAR}"
        />`;
    }
    return due.map((ms) => {
        const x = share(scale.at(ms));
        return html`<line class="l-due" x1="${x}" x2="${x}" y1="${TOP}" y2="${TOP + BAR}" />`;
    });
}

module.exports = {timelineRow};

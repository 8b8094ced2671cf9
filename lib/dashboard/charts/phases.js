'use strict';

/** What the time of a run went to: it waited, its process booted, its code ran; for each attempt. */

const {html} = require('../html');
const {duration} = require('../words');
const {OUTCOMES, share} = require('./shapes');

const HEIGHT = 34;
const TOP = 9;
const BAR = 16;
const SMALLEST = 0.003;

/**
 * @typedef {object} Phase
 * @property {'waiting' | 'boot' | 'running' | 'completed' | 'failed' | 'cancelled' | 'retrying'} look
 * @property {string} name
 * @property {number} fromMs
 * @property {number} toMs
 */

/**
 * @param {import('../../../index').RunInfo} run
 * @param {number} nowMs
 * @returns {Phase[]} in their order
 */
function phasesOf(run, nowMs) {
    const phases = [];
    const add = (look, name, from, to) => {
        const isWorthIt = Number(to) - Number(from) >= 1 || OUTCOMES.includes(look);
        if (from !== undefined && to !== undefined && isWorthIt) {
            phases.push({look, name, fromMs: Number(from), toMs: Number(to)});
        }
    };
    const end = run.ended ?? nowMs;
    let leftOff = run.queued ?? run.due ?? run.started;
    for (const {attempt, started, ended} of run.history) {
        add(
            ...(attempt === 1
                ? ['waiting', 'waited for its turn']
                : ['retrying', 'waited for the next attempt']),
            leftOff,
            started
        );
        add('failed', `attempt ${attempt}`, started, ended);
        leftOff = ended;
    }
    const isShown = run.history.at(-1)?.started.getTime() === run.started?.getTime();
    if (run.started === undefined || isShown) {
        const isFirst = run.history.length === 0;
        add(
            isFirst ? 'waiting' : 'retrying',
            isFirst ? 'waited for its turn' : 'waits for the next attempt',
            leftOff,
            run.ended ? leftOff : end
        );
        return phases;
    }
    add(
        run.history.length === 0 ? 'waiting' : 'retrying',
        run.history.length === 0 ? 'waited for its turn' : 'waited for the next attempt',
        leftOff,
        run.started
    );
    add('boot', 'process started', run.started, run.online ?? end);
    const look = OUTCOMES.includes(run.state) ? run.state : 'running';
    add(look, run.attempts > 1 ? `attempt ${run.attempt}` : 'code of the job', run.online, end);
    return phases;
}

/** @param {Phase[]} phases */
function phasesChart(phases) {
    const fromMs = phases[0].fromMs;
    const spanMs = Math.max(1, phases.at(-1).toMs - fromMs);
    const label = phases
        .map(({name, ...phase}) => `${name}: ${duration(phase.toMs - phase.fromMs)}`)
        .join('; ');
    return html`<svg class="phases" role="img" aria-label="${label}" width="100%" height="${HEIGHT}">
            <title>${label}</title>
            ${phases.map(({look, ...phase}) =>
                shape(look, (phase.fromMs - fromMs) / spanMs, (phase.toMs - phase.fromMs) / spanMs)
            )}
        </svg>
        <ul class="phase-list">
            ${phases.map(
                ({look, name, ...phase}) =>
                    html`<li>
                        <span class="key k-${look}"></span>${name}
                        <b>${duration(phase.toMs - phase.fromMs)}</b>
                    </li>`
            )}
        </ul>`;
}

function shape(look, left, span) {
    const width = Math.max(SMALLEST, span);
    const x = Math.min(left, 1 - SMALLEST);
    if (look === 'waiting' || look === 'retrying') {
        return html`<line
            class="l-${look}"
            x1="${share(x)}"
            x2="${share(x + width)}"
            y1="${TOP + BAR / 2}"
            y2="${TOP + BAR / 2}"
        />`;
    }
    const [top, height] = look === 'failed' ? [TOP - 3, BAR + 6] : [TOP, BAR];
    const kind = look === 'cancelled' ? 'o-cancelled' : `f-${look}`;
    return html`<rect
        class="${kind}"
        x="${share(x)}"
        y="${top}"
        width="${share(width)}"
        height="${height}"
    />`;
}

module.exports = {phasesChart, phasesOf};

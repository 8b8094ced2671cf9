'use strict';

const {html} = require('../html');
const {duration, plural, size} = require('../words');
const {runButtons} = require('./actions');
const {CAUSES} = require('./attention');
const {stateLabel} = require('./states');

/** @typedef {import('./context').Context} Context */
/** @typedef {import('../../../index').RunInfo} RunInfo */

/** Why a run exists. */
const TRIGGERS = {
    now: 'added without a time',
    schedule: 'schedule',
    date: 'its date',
    manual: 'asked for',
    retry: 'retry of a run',
    missed: 'a missed due time'
};

/**
 * @param {Context} context
 * @param {RunInfo[]} runs
 * @param {{isOfOneJob?: boolean}} [options]
 */
function runTable(context, runs, {isOfOneJob = false} = {}) {
    const hasActions = context.actions.has('cancel') || context.actions.has('retry');
    return html`<table class="list card">
        <caption class="spoken">
            ${plural(runs.length, 'run')}, the newest first
        </caption>
        <thead>
            <tr>
                <th scope="col">${isOfOneJob ? 'Run' : 'Job'}</th>
                <th scope="col">State</th>
                <th scope="col">Started</th>
                <th scope="col" class="number mid">Took</th>
                <th scope="col" class="number wide">Delay</th>
                <th scope="col" class="number wide">CPU</th>
                <th scope="col" class="number wide">Memory</th>
                <th scope="col" class="wide">Trigger</th>
                ${hasActions && html`<th scope="col" class="wide"><span class="spoken">Actions</span></th>`}
            </tr>
        </thead>
        <tbody>
            ${runs.map((run) => row(context, run, {isOfOneJob, hasActions}))}
        </tbody>
    </table>`;
}

function row(context, run, {isOfOneJob, hasActions}) {
    const {id, job, state, started, ended, queued, startDelayMs, elapsedMs, cpuMs, peakMemoryBytes, trigger} =
        run;
    const begin = started ?? queued;
    const name = isOfOneJob
        ? html`<a href="${context.runUrl(id)}"><bdi>${id}</bdi></a>`
        : html`<a class="clip" href="${context.runUrl(id)}" title="${job}"><bdi>${job}</bdi></a>`;
    return html`<tr id="run-${id}" data-key="${id}" data-value="${state}">
        <th scope="row" class="name">
            ${name}${!isOfOneJob && html`<span class="under mono"><bdi>${id}</bdi></span>`}
        </th>
        <td>${stateLabel(state)}${detail(context, run)}</td>
        <td>
            ${begin ? html`${context.ago(begin)}<span class="under">${context.clock(begin)}</span>` : '–'}
        </td>
        <td class="number mid">${ended ? duration(elapsedMs) : started ? context.since(started) : '–'}</td>
        <td class="number wide">${duration(startDelayMs)}</td>
        <td class="number wide">${cpuMs ? duration(cpuMs) : '–'}</td>
        <td class="number wide">${peakMemoryBytes ? size(peakMemoryBytes) : '–'}</td>
        <td class="wide">${TRIGGERS[trigger] ?? trigger}</td>
        ${hasActions && html`<td class="buttons wide">${runButtons(context, run)}</td>`}
    </tr>`;
}

/** What there is to know beside its state. */
function detail(context, run) {
    const {attempt, attempts, cause, retryAt, state} = run;
    const tries = attempts > 1 && attempt > 1 ? `attempt ${attempt} of ${attempts}` : undefined;
    const message = state === 'failed' ? (context.errorOf(run)?.message ?? CAUSES[cause]) : undefined;
    if (tries === undefined && message === undefined && retryAt === undefined) {
        return '';
    }
    return html`<span class="under clip wide-text"
        >${tries}${tries && message && ', '}${message && html`<bdi title="${message}">${message}</bdi>`}${retryAt && html` next ${context.ago(retryAt)}`}</span
    >`;
}

module.exports = {TRIGGERS, runTable};

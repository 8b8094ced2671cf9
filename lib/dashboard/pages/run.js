'use strict';

const {stripVTControlCharacters} = require('node:util');
const {phasesChart, phasesOf} = require('../charts/phases');
const {html} = require('../html');
const {duration, size} = require('../words');
const {runButtons} = require('../parts/actions');
const {CAUSES} = require('../parts/attention');
const {factList} = require('../parts/facts');
const {card, layout} = require('../parts/layout');
const {outputCard} = require('../parts/output');
const {progressBar} = require('../parts/progress');
const {TRIGGERS} = require('../parts/run-table');
const {icon, stateLabel} = require('../parts/states');
const {clusterRunPage} = require('./cluster-run');
const {notFound} = require('./problem');

/** @typedef {import('../parts/context').Context} Context */
/** @typedef {import('../../../index').RunInfo} RunInfo */

/** Why a run that failed is not tried again. */
const GAVE_UP = {
    attempts: 'it was its last attempt',
    permanent: 'the error says that trying again is of no use',
    time: 'the time for attempts was over ("giveUpAfter")',
    'next-due': 'the next due time came first',
    cancelled: 'it was cancelled while it waited',
    stopped: 'the job was stopped',
    removed: 'the job was removed',
    shutdown: 'the manager was shut down',
    backoff: 'the function "backoff" said so'
};

/** @param {Context} context */
function run(context) {
    const info = context.jobManager.run(context.params.id);
    return info === undefined ? elsewhere(context) : ofThisHost(context, info);
}

/** @param {Context} context */
async function elsewhere(context) {
    const found = context.cluster && (await clusterRunPage(context));
    return (
        found ??
        notFound(context, {
            section: 'runs',
            title: 'There is no such run',
            text: html`No run with the id <b><bdi>${context.params.id}</bdi></b> is kept. Of each job the last
                20 are, unless <code>history</code> says otherwise.
                <a href="${context.to('runs')}">Runs that are kept</a>`
        })
    );
}

/** @param {Context} context @param {RunInfo} info */
function ofThisHost(context, info) {
    const isLive = info.ended === undefined;
    return layout(
        context,
        {
            title: `Run of ${info.job}`,
            section: 'runs',
            isPart: true,
            events: isLive ? {run: info.id, output: '1'} : undefined
        },
        html`${heading(context, info)} ${errorCard(context, info)}
            <div class="columns">
                ${card('Time', {id: 'time'}, time(context, info))}
                ${card('Facts', {id: 'facts'}, facts(context, info))}
            </div>
            ${attempts(context, info)} ${result(context, info)} ${outputCard(context, info)}`
    );
}

/** @param {Context} context @param {RunInfo} info */
function heading(context, info) {
    const {id, job, state, attempt, attempts: tries, progress, slow, retryAt, retryOf} = info;
    return html`<div class="heading">
        <div>
            <p class="crumb">
                <a href="${context.to('runs')}">Runs</a> <span aria-hidden="true">/</span>
                <a href="${context.jobUrl(job)}"><bdi>${job}</bdi></a>
            </p>
            <h1>
                <bdi>${job}</bdi> <small class="mono"><bdi>${id}</bdi></small>
            </h1>
            <p class="facts-line" id="state" data-key="state" data-value="${state} ${attempt}">
                ${stateLabel(state)}${slow && html`<span class="tag">slow</span>`}${tries > 1 && html`<span class="muted">attempt ${attempt} of ${tries}</span>`}${retryAt && html`<span class="muted">next attempt ${context.ago(retryAt)}</span>`}${retryOf && html`<a href="${context.runUrl(retryOf)}">retry of another run</a>`}
            </p>
            ${progress && progressBar(progress, job)}
        </div>
        <div class="buttons">${runButtons(context, info)}</div>
    </div>`;
}

/** @param {Context} context @param {RunInfo} info */
function errorCard(context, info) {
    const error = context.errorOf(info);
    if (error === undefined) {
        return '';
    }
    const {name, message, code, stack} = error;
    const why = info.gaveUp !== undefined && info.attempts > 1 && GAVE_UP[info.gaveUp];
    const shown = plainText(stack ?? '');
    const title = html`${icon(info.state === 'cancelled' ? 'cancelled' : 'failed')}
        <bdi>${name ?? 'Error'}</bdi>${code && html` <code>${code}</code>`}`;
    return card(
        title,
        {id: 'error', look: info.state === 'failed' ? 'error' : ''},
        html`<p class="message"><bdi>${plainText(message ?? '')}</bdi></p>
            ${why && html`<p class="muted">Not tried again: ${why}.</p>`}${
                shown !== '' &&
                html`<details class="stack" open>
                    <summary>Stack</summary>
                    <pre tabindex="0">${shown}</pre>
                </details>`
            }`
    );
}

const plainText = (text) => stripVTControlCharacters(String(text));

/** @param {Context} context @param {RunInfo} info */
function time(context, info) {
    const phases = phasesOf(info, context.nowMs);
    const stamp = (date) =>
        date && html`${context.absolute(date)}<span class="under">${context.ago(date)}</span>`;
    const stamps = [
        ['Due', stamp(info.due)],
        ['Queued', stamp(info.queued)],
        ['Started', stamp(info.started)],
        ['First line', stamp(info.online)],
        ['Ended', stamp(info.ended)]
    ];
    return html`${phases.length > 0 && phasesChart(phases)}
        ${factList(stamps)}`;
}

/** @param {Context} context @param {RunInfo} info */
function facts(context, info) {
    const {
        trigger,
        cause,
        exitCode,
        signal,
        startDelayMs,
        elapsedMs,
        cpuMs,
        peakMemoryBytes,
        pid,
        threadId,
        started,
        ended,
        outputBytes
    } = info;
    const rows = [
        ['Trigger', TRIGGERS[trigger] ?? trigger],
        [
            'End',
            cause && html`${cause}${CAUSES[cause] && html` <span class="muted">${CAUSES[cause]}</span>`}`
        ],
        ['Took', ended ? elapsedMs !== undefined && duration(elapsedMs) : started && context.since(started)],
        ['Start delay', startDelayMs !== undefined && duration(startDelayMs)],
        ['CPU time', cpuMs > 0 && duration(cpuMs)],
        ['Peak memory', peakMemoryBytes > 0 && size(peakMemoryBytes)],
        ['Exit code', exitCode],
        ['Signal', signal],
        ['Process', pid],
        ['threadId', threadId],
        ['Output', outputBytes > 0 && size(outputBytes)]
    ];
    return factList(rows);
}

/** @param {Context} context @param {RunInfo} info */
function attempts(context, {history, attempt, attempts: tries, state, started, ended, cause, error}) {
    if (history.length === 0) {
        return '';
    }
    const isListed = history.at(-1).attempt === attempt;
    return card(
        'Attempts',
        {id: 'attempts'},
        html`<table class="list plain">
            <caption class="spoken">
                Attempts of this run
            </caption>
            <thead>
                <tr>
                    <th scope="col">Attempt</th>
                    <th scope="col">End</th>
                    <th scope="col">Began</th>
                    <th scope="col" class="number">Took</th>
                    <th scope="col" class="wide">Error</th>
                </tr>
            </thead>
            <tbody>
                ${history.map((one) => attemptRow(context, {...one, look: 'failed', tries}))}${
                    !isListed &&
                    started &&
                    attemptRow(context, {
                        attempt,
                        tries,
                        started,
                        ended,
                        look: state,
                        cause,
                        message: error?.message
                    })
                }
            </tbody>
        </table>`
    );
}

function attemptRow(context, {attempt, tries, started, ended, look, cause, message}) {
    return html`<tr>
        <th scope="row">${attempt} of ${tries}</th>
        <td>${stateLabel(look)}${cause && html`<span class="under">${cause}</span>`}</td>
        <td>${context.clock(started)}</td>
        <td class="number">${ended ? duration(ended - started) : context.since(started)}</td>
        <td class="wide">
            <span class="clamp"
                ><bdi>${message === undefined ? '' : plainText(errorText(context, message))}</bdi></span
            >
        </td>
    </tr>`;
}

/** The message of an attempt goes the way of errors. */
const errorText = (context, message) => context.errorOf({error: {name: 'Error', message}}).message;

/** @param {Context} context @param {RunInfo} info */
function result(context, {result: value, resultDropped}) {
    if (resultDropped) {
        return card(
            'Result',
            {id: 'result'},
            html`<p class="muted">
                Not kept: it is larger than <code>keepResult</code>, or cannot be copied.
            </p>`
        );
    }
    if (value === undefined) {
        return '';
    }
    return card(
        'Result',
        {id: 'result'},
        context.options.showData
            ? html`<pre class="json" tabindex="0">${context.json(value, 'result')}</pre>`
            : html`<p class="muted">
                  There is one. It is shown with the option <code>showData</code> of the dashboard.
              </p>`
    );
}

module.exports = {run};

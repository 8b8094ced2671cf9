'use strict';

/** What an operator should look at: a line each, the worst first. Found without looking at every job. */

const {html} = require('../html');
const {plural} = require('../words');
const {icon} = require('./states');

const MOST_LINES = 12;
const MOST_OF_A_KIND = 50;
/** More paused jobs than this are one line. */
const MOST_PAUSED = 5;
/** A due time that has passed for so long, without a run, is overdue. */
const OVERDUE_MS = 5_000;

/** What a failure of a process is called that the job is not to blame for. */
const CAUSES = {
    start: 'its process could not be started',
    stalled: 'it stalled',
    timeout: 'it took too long',
    memory: 'it used too much memory',
    channel: 'the connection to its process broke',
    hostDied: 'its host died'
};

/**
 * @param {import('./context').Context} context
 * @param {object} known
 * @param {import('../../../index').RunInfo[]} known.failed - the newest first
 * @param {import('../../../index').RunInfo[]} known.live
 */
function attentionList(context, known) {
    const lines = [
        ...overdue(context),
        ...failing(context, known.failed),
        ...troubled(context, known.live),
        ...paused(context),
        ...pendingRows(context)
    ];
    if (lines.length === 0) {
        return html`<div class="empty good">
            ${icon('completed')}
            <p class="empty-title">All is well</p>
            <p>Failed, overdue, slow and paused jobs are listed here.</p>
        </div>`;
    }
    return html`<ul class="attention">
            ${lines.slice(0, MOST_LINES).map(
                ({look, job, href, text, when}) =>
                    html`<li data-key="attention ${job} ${look}" data-value="${look}">
                            <span class="is-${look}">${icon(look)}</span>${
                                job === undefined
                                    ? ''
                                    : html`<a class="clip" href="${href}" title="${job}"
                                          ><bdi>${job}</bdi></a
                                      >`
                            }<span class="what">${text}</span
                            >${when && html`<span class="when">${when}</span>`}
                        </li>`
            )}
        </ul>
        ${lines.length > MOST_LINES && html`<p class="more">and ${lines.length - MOST_LINES} more. <a href="${context.to('runs?state=failed')}">Failed runs</a>, <a href="${context.to('jobs?state=paused')}">paused jobs</a></p>`}`;
}

function overdue(context) {
    const {jobManager, nowMs} = context;
    return jobManager
        .jobs({sort: 'due', limit: MOST_OF_A_KIND})
        .filter(({next, state}) => next !== undefined && next < nowMs - OVERDUE_MS && state !== 'paused')
        .map(({name, next}) => ({
            look: 'warning',
            job: name,
            href: context.jobUrl(name),
            text: 'overdue: no run has begun',
            when: html`due ${context.ago(next)}`
        }));
}

/** Jobs whose last run has failed. */
function failing(context, failed) {
    const lines = new Map();
    for (const {job: name, cause, error} of failed) {
        if (!lines.has(name)) {
            // Only the newest failed run of a job is of interest, and that only if it is the last run.
            const job = lines.size < MOST_OF_A_KIND ? context.jobManager.job(name) : undefined;
            lines.set(
                name,
                job?.last?.state === 'failed' ? failure(context, job, {cause, error}) : undefined
            );
        }
    }
    return [...lines.values()].filter((line) => line !== undefined);
}

function failure(context, {name, last, failuresInARow}) {
    const times = failuresInARow > 1 ? `failed ${failuresInARow} times in a row` : 'failed';
    const reason = CAUSES[last.cause] ?? context.errorOf(last)?.message;
    return {
        look: 'failed',
        job: name,
        href: context.runUrl(last.id),
        text: html`${times}${reason && html`: <bdi class="reason">${firstLine(reason)}</bdi>`}`,
        when: context.ago(last.ended)
    };
}

function troubled(context, live) {
    return live
        .filter(({slow, state}) => slow || state === 'retrying')
        .map((run) => ({
            look: run.state === 'retrying' ? 'retrying' : 'warning',
            job: run.job,
            href: context.runUrl(run.id),
            text:
                run.state === 'retrying'
                    ? html`attempt ${run.attempt} of ${run.attempts} failed; the next one
                      ${run.retryAt ? context.ago(run.retryAt) : 'is not decided yet'}`
                    : 'slow: longer than "warnAfter"',
            when: run.started && html`since ${context.ago(run.started)}`
        }));
}

function paused(context) {
    const {paused: count} = context.stats;
    if (count > MOST_PAUSED) {
        const href = context.to('jobs?state=paused');
        return [
            {
                look: 'paused',
                text: html`<a href="${href}">${plural(count, 'job')}</a> are paused: their due times get no
                    run`
            }
        ];
    }
    return context.jobManager.jobs({state: 'paused', limit: MOST_OF_A_KIND}).map(({name, paused: pause}) => ({
        look: 'paused',
        job: name,
        href: context.jobUrl(name),
        text: html`paused${pause?.by === 'failures' ? ' after failures' : pause?.by === 'operator' ? ' by an operator' : ''}${pause?.note && html`: <bdi class="reason">${pause.note}</bdi>`}`,
        when: pause && context.ago(pause.since)
    }));
}

function pendingRows({stats}) {
    return stats.rowsPending > 0
        ? [
              {
                  look: 'warning',
                  text: `${plural(stats.rowsPending, 'write')} of status rows not answered by the database yet`
              }
          ]
        : [];
}

const firstLine = (text) => text.split('\n', 1)[0];

module.exports = {CAUSES, attentionList};

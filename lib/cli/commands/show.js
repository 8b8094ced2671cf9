'use strict';

const {inspect} = require('node:util');
const {clusterIfAny, hostText, runningElsewhere} = require('../cluster');
const {connect} = require('../find-host');
const {findJob, findRun, unknownName} = require('../names');
const {effort, outcome, took} = require('../runs');
const {oneLine, safeText} = require('../text');
const {formatTook} = require('../times');
const {runColumns} = require('./runs');

const LAST_RUNS = 5;

const optionText = (options) =>
    Object.entries(options)
        .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
        .join(', ');

function pauseText(output, {paused}) {
    const note = paused?.note ? `: ${oneLine(paused.note)}` : '';
    return paused && `since ${output.time(paused.since)} by ${paused.by}${note}`;
}

function totalsText({totals: {completed, failed, cancelled, retries, skipped}}) {
    const skips = Object.entries(skipped).filter(([, count]) => count > 0);
    const parts = [`${completed} completed`, `${failed} failed`, `${cancelled} cancelled`];
    if (retries > 0) {
        parts.push(`${retries} retries`);
    }
    return [...parts, ...skips.map(([reason, count]) => `${count} skipped (${reason})`)].join(', ');
}

async function showJob(client, job, output) {
    const {runs} = await client.get(['api', 'v1', 'runs'], {job: job.name, limit: LAST_RUNS});
    const {schedule, upcoming = []} = job;
    const cluster = await clusterIfAny(client, output);
    const elsewhere = runningElsewhere(cluster, job.name);
    output.facts([
        ['Job', oneLine(job.name)],
        ['', job.description && oneLine(job.description)],
        ['State', job.state + (job.running > 1 ? `, ${job.running} runs` : '')],
        ['Paused', pauseText(output, job)],
        ['Kind', job.kind + (job.oneOff ? ', one-off' : '')],
        ['Source', oneLine(job.source)],
        ['Schedule', schedule && `${oneLine(schedule.text)} (${schedule.timezone})`],
        ['', schedule && schedule.at !== schedule.text ? `at: ${oneLine(schedule.at)}` : undefined],
        [
            'Next',
            upcoming.map((due) => `${output.time(due, {seconds: true})}   in ${output.left(due)}`).join('\n')
        ],
        [
            'Retry',
            job.retryAt && `${output.time(job.retryAt, {seconds: true})}   in ${output.left(job.retryAt)}`
        ],
        [
            'Elsewhere',
            elsewhere
                .map(
                    ({id, host, since}) =>
                        `run ${oneLine(id)} on ${hostText(cluster, host)}, since ${output.time(since, {seconds: true})}`
                )
                .join('\n')
        ],
        ['Waiting', job.waiting > 0 ? String(job.waiting) : undefined],
        ['Last success', job.lastSuccess && output.time(job.lastSuccess, {seconds: true})],
        ['Last failure', job.lastFailure && output.time(job.lastFailure, {seconds: true})],
        ['In a row', job.failuresInARow > 0 ? `${job.failuresInARow} failed` : undefined],
        ['Runs', totalsText(job)],
        ['Tags', job.tags.map(oneLine).join(', ')],
        ['Options', optionText(job.options)]
    ]);
    if (runs.length > 0) {
        output.line();
        output.table(runColumns(output), runs);
    }
}

function attemptText({attempt, cause, message, started, ended}) {
    const seconds = formatTook(new Date(ended) - new Date(started));
    return `${attempt}: ${cause} after ${seconds}${message ? `, ${oneLine(message)}` : ''}`;
}

const progressText = ({progress}) =>
    progress && `${Math.floor(progress.value * 100)} %${progress.note ? `, ${oneLine(progress.note)}` : ''}`;

/** Of a run that this host does not have: it knows little of it. */
const hostOfRun = ({elsewhere, host}, cluster) =>
    elsewhere &&
    (host === undefined ? 'none yet: it waits in the queue of the cluster' : hostText(cluster, host));

function showRun(run, {output, cluster}) {
    const time = (date) => date && output.time(date, {seconds: true});
    output.facts([
        ['Run', oneLine(run.id)],
        ['Job', oneLine(run.job)],
        [
            'State',
            `${run.state}${run.state === 'failed' ? ` (${outcome(run)})` : ''}${run.slow ? ', slow' : ''}`
        ],
        ['Host', hostOfRun(run, cluster)],
        ['Why', run.trigger + (run.retryOf ? ` of ${run.retryOf}` : '')],
        ['Attempt', `${run.attempt} of ${run.attempts}${run.gaveUp ? `, given up: ${run.gaveUp}` : ''}`],
        ['Due', time(run.due)],
        ['Queued', time(run.queued)],
        ['Started', time(run.started)],
        ['Ended', time(run.ended)],
        ['Retry', time(run.retryAt)],
        ['Took', run.ended ? effort(run).replace(/^after /, '') : took(run)],
        ['Began after', run.startDelayMs === undefined ? undefined : formatTook(run.startDelayMs)],
        ['Progress', progressText(run)],
        ['Process', run.pid === undefined ? undefined : String(run.pid)],
        ['Failed tries', run.history.map(attemptText).join('\n')],
        ['Result', run.result === undefined ? undefined : safeText(inspect(run.result, {depth: 6}))],
        ['Error', run.error && safeText(run.error.stack ?? `${run.error.name}: ${run.error.message}`)]
    ]);
}

module.exports = {
    name: 'show',
    positionals: 'NAME',
    asksHost: true,
    summary: 'Shows a job with its next due times and last runs, or a run.',
    description: 'NAME is the name of a job, or the id of a run.',
    examples: ['job-manager show backup', 'job-manager show 3f9c2a10-17'],

    async run({values, positionals: [name], output}) {
        const client = await connect(values);
        const job = await findJob(client, name);
        const run = job === undefined ? await findRun(client, name) : undefined;
        if (job === undefined && run === undefined) {
            throw await unknownName(client, name, 'job or run');
        }
        if (output.isJson) {
            output.json(job === undefined ? {run} : {job});
        } else if (job === undefined) {
            const cluster = run.elsewhere ? await clusterIfAny(client, output) : undefined;
            showRun(run, {output, cluster});
        } else {
            await showJob(client, job, output);
        }
        return 0;
    }
};

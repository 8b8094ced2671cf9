'use strict';

/** The routes that change something. */

const {setImmediate: nextTurn} = require('node:timers/promises');
const {knownJob, knownRun} = require('./api');
const {onAnotherHost, runElsewhere, shownElsewhere} = require('./cluster');
const {flag, parametersOf, text} = require('./parameters');

/**
 * @typedef {object} Done
 * @property {number} status
 * @property {object} body
 * @property {string} flash - what the page says
 * @property {string[]} page - segments of the page that shows what was done, not encoded
 * @property {string} what - was done, for the log
 */

/** Every action may be told where a form's page is. */
const BACK = {back: text};
const quoted = (value) => JSON.stringify(value);

/** @param {import('./api').Call} call @returns {Promise<Done>} */
async function runJob({jobManager, params: {name}, query}) {
    parametersOf(query, BACK);
    const {id} = await jobManager.runJob(name);
    return {
        status: 202,
        body: {id},
        flash: 'run-accepted',
        page: ['runs', id],
        what: `run of job ${quoted(name)} (${id})`
    };
}

/** @param {import('./api').Call} call @returns {Promise<Done>} */
async function pauseJob({jobManager, params: {name}, query, shown}) {
    const {note} = parametersOf(query, {...BACK, note: text});
    await jobManager.pauseJob(name, {note, by: 'operator'});
    return {
        status: 200,
        body: shown.job(knownJob(jobManager, name)),
        flash: 'job-paused',
        page: ['jobs', name],
        what: `pause of job ${quoted(name)}`
    };
}

/** @param {import('./api').Call} call @returns {Promise<Done>} */
async function resumeJob({jobManager, params: {name}, query, shown}) {
    const {catchUp = false} = parametersOf(query, {...BACK, catchUp: flag});
    await jobManager.resumeJob(name, {catchUp});
    return {
        status: 200,
        body: shown.job(knownJob(jobManager, name)),
        flash: 'job-resumed',
        page: ['jobs', name],
        what: `resume of job ${quoted(name)}`
    };
}

/** @param {import('./api').Call} call @returns {Promise<Done>} */
async function cancelRun(call) {
    const {jobManager, params, query, access, logger, shown} = call;
    const {id} = params;
    const {wait = false} = parametersOf(query, {...BACK, wait: flag});
    const reason = access.user === undefined ? 'cancelled by an operator' : `cancelled by ${access.user}`;
    const other = await runElsewhere(call, id);
    if (other !== undefined) {
        return cancelElsewhere(call, other, reason);
    }
    const {job} = knownRun(jobManager, id);
    const ended = jobManager.cancelRun(id, {reason});
    // A run that cannot be cancelled is refused at once; the end of one that can takes up to its grace period.
    const info = await (wait ? ended : Promise.race([ended, nextTurn()]));
    if (info === undefined) {
        ended.catch((error) => logger.error(error));
    }
    return {
        status: info === undefined ? 202 : 200,
        body: shown.run(info ?? knownRun(jobManager, id)),
        flash: info === undefined ? 'run-cancelling' : 'run-cancelled',
        page: ['runs', id],
        what: `cancel of run ${id} of job ${quoted(job)}`
    };
}

/** Its host is told, and is not waited for: the end of the run is not known here. @returns {Promise<Done>} */
async function cancelElsewhere({jobManager, cluster, shown}, run, reason) {
    const {id, job} = run;
    const {info} = (await cluster.read()) ?? {};
    if (info !== undefined && Object.keys(info.queue).length === 0) {
        throw onAnotherHost(
            run,
            'A table of slots has no messages by which its host could be asked to stop it.'
        );
    }
    const {state} = await cluster.answered(jobManager.cancelRun(id, {reason}));
    const hasEnded = state === 'cancelled';
    return {
        status: hasEnded ? 200 : 202,
        body: shownElsewhere({...run, state, ended: hasEnded ? new Date() : undefined}, shown),
        flash: hasEnded ? 'run-cancelled' : 'run-cancelling',
        page: ['runs', id],
        what: `cancel of run ${id} of job ${quoted(job)} in the cluster`
    };
}

/** @param {import('./api').Call} call @returns {Promise<Done>} */
async function retryRun(call) {
    const {jobManager, params, query, shown} = call;
    const {id} = params;
    parametersOf(query, BACK);
    const other = await runElsewhere(call, id);
    if (other !== undefined) {
        throw onAnotherHost(other, 'A run is tried again by the host that had it.');
    }
    const {job} = knownRun(jobManager, id);
    const {id: newId} = await jobManager.retryRun(id);
    return {
        status: 202,
        body: shown.run(knownRun(jobManager, newId)),
        flash: 'run-retried',
        page: ['runs', newId],
        what: `retry of run ${id} of job ${quoted(job)} (${newId})`
    };
}

/** @param {import('./api').Call} call @returns {Promise<Done>} */
async function pauseAll({jobManager, query}) {
    const {note} = parametersOf(query, {...BACK, note: text});
    await jobManager.pauseAll({note, by: 'operator'});
    return {
        status: 200,
        body: jobManager.stats(),
        flash: 'all-paused',
        page: [''],
        what: 'pause of all jobs'
    };
}

/** @param {import('./api').Call} call @returns {Promise<Done>} */
async function resumeAll({jobManager, query}) {
    const {catchUp = false} = parametersOf(query, {...BACK, catchUp: flag});
    await jobManager.resumeAll({catchUp});
    return {
        status: 200,
        body: jobManager.stats(),
        flash: 'all-resumed',
        page: [''],
        what: 'resume of all jobs'
    };
}

const action = (pattern, name, perform) => ({method: 'POST', pattern, action: name, perform});

const ACTION_ROUTES = [
    action('api/v1/jobs/:name/run', 'run', runJob),
    action('api/v1/jobs/:name/pause', 'pause', pauseJob),
    action('api/v1/jobs/:name/resume', 'resume', resumeJob),
    action('api/v1/runs/:id/cancel', 'cancel', cancelRun),
    action('api/v1/runs/:id/retry', 'retry', retryRun),
    action('api/v1/pause', 'pause', pauseAll),
    action('api/v1/resume', 'resume', resumeAll)
];

module.exports = {ACTION_ROUTES};

'use strict';

/** The HTTP API: what each route answers. Parameters are in the URL only; no body is ever read. */

const {clusterRoute, onAnotherHost, runElsewhere, shownElsewhere} = require('./cluster');
const {HttpError} = require('./http-error');
const {json, text} = require('./headers');
const {runOutput} = require('./output');
const {flag, instant, parametersOf, text: string, whole} = require('./parameters');

const DEFAULT_LIMIT = 100;
const SHOWN_DUE = 10;

/**
 * @typedef {object} Call
 * @property {import('../../index')} jobManager
 * @property {import('./cluster-reader').ClusterReader} cluster
 * @property {Record<string, string>} params - of the path
 * @property {URLSearchParams} query
 * @property {import('./request').SiteRequest} request
 * @property {import('./access').Access} access
 * @property {object} options - checked
 * @property {ReturnType<import('./shown').createShown>} shown
 */

/** @param {Call} call */
function jobs({jobManager, query, shown}) {
    const {
        q,
        limit = DEFAULT_LIMIT,
        ...filter
    } = parametersOf(query, {
        state: string,
        tag: string,
        q: string,
        after: string,
        limit: whole,
        sort: string
    });
    const read = (more) => jobManager.jobs({...filter, name: q, ...more});
    const page = read({limit});
    const last = page.length === limit ? page.at(-1).name : undefined;
    const hasMore = last !== undefined && read({limit: 1, after: last}).length > 0;
    return json({jobs: page.map(shown.job), next: hasMore ? last : undefined});
}

/** @param {Call} call */
function job({jobManager, params, query, shown}) {
    parametersOf(query, {});
    const info = knownJob(jobManager, params.name);
    return json({...shown.job(info), upcoming: nextDue(jobManager, info)});
}

/**
 * @param {import('../../index')} jobManager
 * @param {import('../../index').JobInfo} info
 * @returns {Date[]} the next due times; none of a job that is paused or stopped
 */
function nextDue(jobManager, {next, schedule}) {
    if (next === undefined) {
        return [];
    }
    if (schedule === undefined || schedule.at instanceof Date) {
        return [next];
    }
    const {nextRuns} = jobManager.constructor;
    const {at, timezone, dst} = schedule;
    return [next, ...nextRuns(at, {timezone, dst, from: next, count: SHOWN_DUE - 1})];
}

/** @param {Call} call */
function runs({jobManager, query, shown}) {
    const {limit = DEFAULT_LIMIT, ...filter} = parametersOf(query, {
        job: string,
        state: string,
        before: string,
        limit: whole
    });
    const read = (more) => jobManager.runs({...filter, ...more});
    const page = read({limit});
    const last = page.length === limit ? page.at(-1).id : undefined;
    const hasMore = last !== undefined && read({limit: 1, before: last}).length > 0;
    return json({runs: page.map(shown.runInList), next: hasMore ? last : undefined});
}

/** @param {Call} call */
async function run(call) {
    const {jobManager, params, query, shown} = call;
    parametersOf(query, {});
    const other = await runElsewhere(call, params.id);
    return json(
        other === undefined ? shown.run(knownRun(jobManager, params.id)) : shownElsewhere(other, shown)
    );
}

/** @param {Call} call */
function upcoming({jobManager, query}) {
    const range = parametersOf(query, {from: instant, to: instant, limit: whole});
    return json(jobManager.upcoming(range));
}

/** @param {Call} call */
async function output(call) {
    const {jobManager, params, query, options, shown} = call;
    const {from} = parametersOf(query, {from: whole});
    if (!options.showOutput) {
        throw new HttpError(403, 'OUTPUT_HIDDEN', 'Output of jobs is not shown here', {
            help: 'Allow it with the option "showOutput" of createDashboard()'
        });
    }
    const other = await runElsewhere(call, params.id);
    if (other !== undefined) {
        throw onAnotherHost(other, 'What a run prints is kept by the host that has it.');
    }
    const info = knownRun(jobManager, params.id);
    return runOutput(jobManager, info, from, shown);
}

/** @param {Call} call */
async function metrics({jobManager, request, cluster}) {
    // So that the text has the cluster as it is now.
    await cluster.read();
    const isOpen = String(request.headers.accept ?? '').includes('application/openmetrics-text');
    const type = isOpen
        ? 'application/openmetrics-text; version=1.0.0; charset=utf-8'
        : 'text/plain; version=0.0.4; charset=utf-8';
    const body = jobManager.metrics({format: isOpen ? 'openmetrics' : 'prometheus'});
    return text(body, 200, {'content-type': type});
}

/** @param {Call} call */
function health({jobManager}) {
    const {state} = jobManager.stats();
    return state === 'open' ? text('ok\n') : text(`${state}\n`, 503);
}

/**
 * @param {import('../../index')} jobManager
 * @param {string} name
 * @returns {import('../../index').JobInfo}
 * @throws {HttpError} 404 JOB_UNKNOWN
 */
function knownJob(jobManager, name) {
    const info = jobManager.job(name);
    if (info === undefined) {
        throw new HttpError(404, 'JOB_UNKNOWN', `There is no job "${name}"`);
    }
    return info;
}

/**
 * @param {import('../../index')} jobManager
 * @param {string} id
 * @returns {import('../../index').RunInfo}
 * @throws {HttpError} 404 RUN_UNKNOWN, 410 RUN_FORGOTTEN
 */
function knownRun(jobManager, id) {
    const info = jobManager.run(id);
    if (info !== undefined) {
        return info;
    }
    const {instance} = jobManager.stats();
    if (id.startsWith(`${instance}-`)) {
        throw new HttpError(
            410,
            'RUN_FORGOTTEN',
            `The run "${id}" ended so long ago that it is no longer kept`,
            {
                help: 'The option "history" of the job manager says how many runs are kept, and a "store" keeps more'
            }
        );
    }
    throw new HttpError(404, 'RUN_UNKNOWN', `There is no run "${id}"`);
}

/** What is read. The event stream has a route of its own. */
const READS = [
    {method: 'GET', pattern: 'api/v1/stats', handle: ({jobManager}) => json(jobManager.stats())},
    {method: 'GET', pattern: 'api/v1/jobs', handle: jobs},
    {method: 'GET', pattern: 'api/v1/jobs/:name', handle: job},
    {method: 'GET', pattern: 'api/v1/runs', handle: runs},
    {method: 'GET', pattern: 'api/v1/runs/:id', handle: run},
    {method: 'GET', pattern: 'api/v1/runs/:id/output', handle: output},
    {method: 'GET', pattern: 'api/v1/upcoming', handle: upcoming},
    {method: 'GET', pattern: 'api/v1/cluster', handle: clusterRoute},
    {method: 'GET', pattern: 'metrics', handle: metrics},
    {method: 'GET', pattern: 'healthz', handle: health}
];

module.exports = {READS, flag, knownJob, knownRun, nextDue};

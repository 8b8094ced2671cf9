'use strict';

const {JOB_STATES} = require('../../host/states');
const {connect} = require('../find-host');
const {clusterIfAny, depthText, hostText} = require('../cluster');
const {outcome, took} = require('../runs');
const {counted, oneLine} = require('../text');
const {oneOfNames} = require('../values');

const COLOURS = {running: 'green', retrying: 'yellow', waiting: 'yellow', paused: 'cyan'};
const PAGE = 1_000;
const SORTS = {name: 'name', due: 'due', last: 'lastRun'};

async function allJobs(client, query) {
    const jobs = [];
    let after;
    do {
        const page = await client.get(['api', 'v1', 'jobs'], {...query, limit: PAGE, after});
        jobs.push(...page.jobs);
        after = page.next;
    } while (after !== undefined);
    return jobs;
}

/** What the line of a job shows of its runs: the one that goes, or else the last. */
async function runsThatGo(client) {
    const {runs} = await client.get(['api', 'v1', 'runs'], {state: 'running', limit: PAGE});
    // Newest first: the newest stays.
    return new Map(runs.toReversed().map((run) => [run.job, run]));
}

/** Which hosts of a cluster have runs of a job, by its name. @returns {Map<string, string>} */
function placesByJob(cluster) {
    const places = new Map();
    for (const {job, host} of cluster?.running ?? []) {
        places.set(job, (places.get(job) ?? new Set()).add(hostText(cluster, host)));
    }
    return new Map(Array.from(places, ([job, hosts]) => [job, [...hosts].join(' ')]));
}

function scheduleText({schedule, paused, state}) {
    const text = schedule?.text ?? (state === 'finished' ? 'once' : 'when it is asked for');
    const note = state === 'paused' && paused?.note ? `   "${oneLine(paused.note)}"` : '';
    return oneLine(text) + note;
}

function summaryOf(jobs) {
    const counts = ['running', 'retrying', 'waiting', 'paused'].map((state) => [
        jobs.filter((job) => job.state === state).length,
        state
    ]);
    return [
        counted(jobs.length, 'job'),
        ...counts.filter(([count]) => count > 0).map((each) => each.join(' '))
    ].join(', ');
}

module.exports = {
    name: 'list',
    positionals: '[TEXT]',
    asksHost: true,
    summary: 'Shows the jobs of a host, when each is due next, and what came of its last run.',
    description:
        'With TEXT, only jobs whose name contains it. In a cluster, RUNS ON has the hosts that have a run of the job.',
    examples: ['job-manager list', 'job-manager list --state paused', 'job-manager list --sort due --json'],
    options: {
        state: {type: 'string', value: 'STATE', help: `Only jobs in this state: ${JOB_STATES.join(', ')}.`},
        tag: {type: 'string', value: 'TAG', help: 'Only jobs with this tag.'},
        sort: {type: 'string', value: 'ORDER', help: `${Object.keys(SORTS).join(', ')}. Default: name.`}
    },

    async run({values, positionals: [text], output}) {
        const state = oneOfNames(values.state, '--state', JOB_STATES);
        const sort = SORTS[oneOfNames(values.sort, '--sort', Object.keys(SORTS)) ?? 'name'];
        const client = await connect(values);
        const jobs = await allJobs(client, {state, sort, tag: values.tag, q: text});
        if (output.isJson) {
            output.json({jobs});
            return 0;
        }
        const going = await runsThatGo(client);
        const cluster = await clusterIfAny(client, output);
        const placesOf = placesByJob(cluster);
        const runOf = ({name, last}) => going.get(name) ?? last;
        output.table(
            [
                {title: 'STATE', text: (job) => job.state, colour: (job) => COLOURS[job.state]},
                {title: 'NEXT', text: ({next, retryAt}) => output.time(retryAt ?? next)},
                {title: 'LEFT', text: ({next, retryAt}) => output.left(retryAt ?? next)},
                {title: 'LAST', text: (job) => output.time(runOf(job)?.started ?? runOf(job)?.queued)},
                {
                    title: 'RESULT',
                    text: (job) => (going.has(job.name) || !job.last ? '–' : outcome(job.last)),
                    colour: (job) =>
                        job.last?.state === 'failed' && !going.has(job.name) ? 'red' : undefined
                },
                {title: 'TOOK', text: (job) => (runOf(job) ? took(runOf(job)) : '–')},
                {title: 'JOB', text: ({name}) => oneLine(name), shrinks: true},
                ...(placesOf.size > 0
                    ? [{title: 'RUNS ON', text: ({name}) => placesOf.get(name) ?? '–', shrinks: true}]
                    : []),
                {title: 'SCHEDULE', text: scheduleText, shrinks: true}
            ],
            jobs
        );
        output.line(output.style('dim', summaryOf(jobs)));
        if (cluster !== undefined) {
            output.line(output.style('dim', `cluster: ${depthText(cluster)}`));
        }
        return 0;
    }
};

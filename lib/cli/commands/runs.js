'use strict';

const {RUN_STATES} = require('../../host/states');
const {clusterIfAny, hostText, runningElsewhere} = require('../cluster');
const {connect} = require('../find-host');
const {jobNamed} = require('../names');
const {errorLine, outcome, took} = require('../runs');
const {counted, oneLine} = require('../text');
const {oneOfNames, wholeNumber} = require('../values');

const COLOURS = {failed: 'red', running: 'green', retrying: 'yellow'};
const DEFAULT_LIMIT = '20';

/** Runs on other hosts, as rows of the table: what the cluster does not know of them is left out. */
const runsElsewhere = (cluster, job) =>
    runningElsewhere(cluster, job).map(({id, job: name, host, since, attempt}) => ({
        id,
        job: name,
        state: 'running',
        started: since,
        attempt,
        host: hostText(cluster, host)
    }));

/** @returns {import('../table').Column[]} the columns of a table of runs */
const runColumns = (output, {hasHosts = false} = {}) => [
    {title: 'STARTED', text: ({started, queued}) => output.time(started ?? queued, {seconds: true})},
    {title: 'TOOK', text: took},
    {title: 'RESULT', text: outcome, colour: ({state}) => COLOURS[state]},
    {title: 'TRY', text: ({attempt, attempts}) => (attempts === undefined ? '–' : `${attempt}/${attempts}`)},
    {title: 'WHY', text: ({trigger}) => trigger ?? '–'},
    {title: 'JOB', text: ({job}) => oneLine(job), shrinks: true},
    {title: 'RUN', text: ({id}) => oneLine(id)},
    ...(hasHosts ? [{title: 'HOST', text: ({host}) => host ?? 'this one', shrinks: true}] : []),
    {title: 'ERROR', text: (run) => errorLine(run) ?? '', shrinks: true}
];

module.exports = {
    runColumns,
    name: 'runs',
    positionals: '[JOB]',
    asksHost: true,
    summary: 'Shows the last runs of a host, or of a job, the newest first.',
    description: 'In a cluster, what runs on other hosts comes first, with the host.',
    examples: ['job-manager runs', 'job-manager runs backup --state failed --limit 5'],
    options: {
        state: {type: 'string', value: 'STATE', help: `Only runs in this state: ${RUN_STATES.join(', ')}.`},
        limit: {type: 'string', short: 'n', value: 'N', help: `How many. Default ${DEFAULT_LIMIT}.`},
        before: {type: 'string', value: 'RUN', help: 'Runs that were queued before this one.'}
    },

    async run({values, positionals: [job], output}) {
        const state = oneOfNames(values.state, '--state', RUN_STATES);
        const limit = wholeNumber(values.limit ?? DEFAULT_LIMIT, '--limit', {most: 1_000});
        const client = await connect(values);
        if (job !== undefined) {
            await jobNamed(client, job);
        }
        const {runs, next} = await client.get(['api', 'v1', 'runs'], {
            job,
            state,
            limit,
            before: values.before
        });
        if (output.isJson) {
            output.json({runs, next});
            return 0;
        }
        const elsewhere =
            values.before === undefined && (state ?? 'running') === 'running'
                ? runsElsewhere(await clusterIfAny(client, output), job)
                : [];
        output.table(runColumns(output, {hasHosts: elsewhere.length > 0}), [...elsewhere, ...runs]);
        const more = next === undefined ? '' : `, more with --before ${next}`;
        const others = elsewhere.length === 0 ? '' : `, ${elsewhere.length} running on other hosts`;
        output.line(output.style('dim', counted(runs.length, 'run') + others + more));
        return 0;
    }
};

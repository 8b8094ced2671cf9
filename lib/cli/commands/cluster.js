'use strict';

const {depthText, hostText, ofHost} = require('../cluster');
const {EXIT, Failure} = require('../failure');
const {connect} = require('../find-host');
const {oneLine} = require('../text');
const {formatTook} = require('../times');

const goneFor = (since) =>
    since === undefined ? '–' : formatTook(Math.max(0, Date.now() - new Date(since)));

/** Of a table it is not known. */
const sinceMs = ({since}) => new Date(since ?? 0).getTime();

function hostColumns(output, {instance, running}) {
    return [
        {
            title: 'HOST',
            text: ({id, hostname}) => oneLine(hostname) + (id === instance ? ' (this one)' : ''),
            shrinks: true
        },
        {title: 'PID', text: ({pid}) => String(pid)},
        {title: 'SINCE', text: ({since}) => output.time(since, {seconds: true})},
        {title: 'RUNS', text: ({id}) => String(running.filter(({host}) => host === id).length)},
        {title: 'ID', text: ({id}) => id}
    ];
}

const runColumns = (output, cluster) => [
    {title: 'SINCE', text: ({since}) => output.time(since, {seconds: true})},
    {title: 'FOR', text: ({since}) => goneFor(since)},
    {title: 'JOB', text: ({job}) => oneLine(job), shrinks: true},
    {title: 'RUN', text: ({id}) => oneLine(id)},
    {title: 'HOST', text: ({host}) => hostText(cluster, host), shrinks: true}
];

module.exports = {
    name: 'cluster',
    asksHost: true,
    summary: 'Shows the hosts of the cluster, its queue, and what runs where.',
    description: `
For a host with the option "cluster" (docs/cluster.md). Of what runs, 100 runs at most are shown. Exit code 1 if the host is in no
cluster, or the queue does not answer.`,
    examples: ['job-manager cluster', "job-manager cluster --json | jq '.queue.waiting'"],

    async run({values, output}) {
        const client = await connect(values);
        const cluster = await ofHost(client);
        if (cluster === undefined) {
            throw new Failure('this host is in no cluster', {
                exitCode: EXIT.no,
                code: 'NO_CLUSTER',
                help: 'The option "cluster" of the job manager joins one: see docs/cluster.md'
            });
        }
        if (output.isJson) {
            output.json(cluster);
            return 0;
        }
        const {hosts, running} = cluster;
        if (hosts.length > 0) {
            output.table(
                hostColumns(output, cluster),
                hosts.toSorted((one, other) => sinceMs(one) - sinceMs(other))
            );
            output.line();
        }
        if (running.length > 0) {
            output.table(runColumns(output, cluster), running);
            output.line();
        }
        output.line(output.style('dim', depthText(cluster)));
        return 0;
    }
};

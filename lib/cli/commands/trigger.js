'use strict';

const os = require('node:os');
const {connect} = require('../find-host');
const {EXIT} = require('../failure');
const {followRun} = require('../following');
const {jobNamed} = require('../names');
const {progressBar} = require('../progress');
const {OF_SIGNALS, effort, errorLine, reason} = require('../runs');

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The run goes on without this program. `waiting` has its id once that is known. */
function leaveOnSignals(waiting, {bar, output}) {
    for (const signal of STOP_SIGNALS) {
        process.once(signal, () => {
            bar.close();
            if (waiting.id !== undefined) {
                output.note(`run ${waiting.id} goes on; to stop it: job-manager cancel ${waiting.id}`);
            }
            process.exit(OF_SIGNALS + os.constants.signals[signal]);
        });
    }
}

async function waitFor(client, id, bar) {
    try {
        return await followRun(client, id, {
            onEvent: (event, data) => event === 'run progress' && bar.update(data.progress)
        });
    } finally {
        bar.close();
    }
}

module.exports = {
    name: 'trigger',
    positionals: 'JOB',
    asksHost: true,
    summary: 'Runs a job now, whether or not it is due or paused.',
    description: `
Exit code 1 if a run of the job goes already and it must not overlap. With --wait the command ends with the run, with exit code 1
if that fails.`,
    examples: ['job-manager trigger backup', 'job-manager trigger backup --wait'],
    options: {wait: {type: 'boolean', short: 'w', help: 'Waits until the run has ended.'}},

    async run({values, positionals: [name], output}) {
        const client = await connect(values);
        await jobNamed(client, name);
        const waiting = {};
        const bar = progressBar(output);
        if (values.wait) {
            leaveOnSignals(waiting, {bar, output});
        }
        const {id} = await client.post(['api', 'v1', 'jobs', name, 'run']);
        waiting.id = id;
        if (!values.wait) {
            output.answer({id}, `run ${id} of ${name} is accepted`);
            return 0;
        }
        const run = await waitFor(client, id, bar);
        const why = run.state === 'failed' ? ` (${errorLine(run) ?? reason(run)})` : '';
        output.answer({id, run}, `run ${id} of ${name} ${run.state} ${effort(run)}${why}`);
        return run.state === 'completed' ? 0 : EXIT.no;
    }
};

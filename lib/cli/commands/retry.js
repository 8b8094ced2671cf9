'use strict';

const {connect} = require('../find-host');
const {runNamed} = require('../names');
const {oneLine} = require('../text');

module.exports = {
    name: 'retry',
    positionals: 'RUN',
    asksHost: true,
    summary: 'Runs a job again whose run has failed, with the same data.',
    description:
        'RUN is the id of a run, or the name of a job for its last run that failed. Exit code 1 if the run has not failed.',
    examples: ['job-manager retry 3f9c2a10-17', 'job-manager retry backup'],

    async run({values, positionals: [name], output}) {
        const client = await connect(values);
        const failed = await runNamed(client, name, {states: ['failed'], what: 'run that failed'});
        const run = await client.post(['api', 'v1', 'runs', failed.id, 'retry']);
        output.answer({run}, `run ${failed.id} of ${oneLine(failed.job)} is tried again: run ${run.id}`);
        return 0;
    }
};

'use strict';

const {EXIT} = require('../failure');
const {connect} = require('../find-host');
const {runNamed} = require('../names');
const {oneLine} = require('../text');

const GOING = ['running', 'retrying', 'stopping', 'queued', 'waiting'];

module.exports = {
    name: 'cancel',
    positionals: 'RUN',
    asksHost: true,
    summary: 'Asks a run to stop, and ends it after its grace period.',
    description: `
RUN is the id of a run, or the name of a job for its newest run that has not ended. Waits until the run has ended, unless --no-wait
is given, or another host of the cluster has the run. Exit code 1 if it has ended already, or cannot be stopped.`,
    examples: ['job-manager cancel 3f9c2a10-17', 'job-manager cancel backup --no-wait'],
    options: {'no-wait': {type: 'boolean', help: 'Does not wait for its end.'}},

    async run({values, positionals: [name], output}) {
        const client = await connect(values);
        const {id, job} = await runNamed(client, name, {
            states: GOING,
            what: 'run that goes',
            isAnywhere: true
        });
        const wait = !values['no-wait'];
        const run = await client.post(['api', 'v1', 'runs', id, 'cancel'], {wait}, {isLong: wait});
        const where = run.elsewhere && run.host !== undefined ? `, on host ${run.host}` : '';
        const what = run.ended ? `is ${run.state}` : `is being cancelled${where}`;
        output.answer({run}, `run ${id} of ${oneLine(job)} ${what}`);
        // It may have completed, or failed, before it was stopped.
        return run.ended && run.state !== 'cancelled' ? EXIT.no : 0;
    }
};

'use strict';

const {usage} = require('../failure');
const {connect} = require('../find-host');
const {jobNamed} = require('../names');
const {oneLine} = require('../text');

/**
 * The jobs that were named, or all.
 *
 * @param {string[]} names
 * @param {boolean} [isAll]
 * @param {string} command
 */
function checkTargets(names, isAll, command) {
    if (names.length === 0 && !isAll) {
        throw usage(`name a job, or give --all: job-manager ${command} JOB...`);
    }
    if (names.length > 0 && isAll) {
        throw usage(`--all is for all jobs: give it, or names, not both`);
    }
}

module.exports = {
    checkTargets,
    name: 'pause',
    positionals: '[JOB...]',
    asksHost: true,
    summary: 'Pauses jobs: their due times get no run until they are resumed.',
    description: 'Runs that go end as usual, and "trigger" runs a paused job all the same.',
    examples: [
        "job-manager pause clean-tokens --note 'until the migration is over'",
        'job-manager pause --all'
    ],
    options: {
        note: {type: 'string', value: 'TEXT', help: 'Shown with the job: why it is paused.'},
        all: {type: 'boolean', help: 'Pauses all jobs, and those that are added from now on.'}
    },

    async run({values, positionals: names, output}) {
        checkTargets(names, values.all, 'pause');
        const client = await connect(values);
        if (values.all) {
            const stats = await client.post(['api', 'v1', 'pause'], {note: values.note});
            output.answer({all: true, stats}, 'all jobs are paused');
            return 0;
        }
        // Before the first is paused.
        await Promise.all(names.map((name) => jobNamed(client, name)));
        const jobs = [];
        for (const name of names) {
            jobs.push(await client.post(['api', 'v1', 'jobs', name, 'pause'], {note: values.note}));
        }
        output.answer(
            {jobs},
            jobs.map((job) => `${oneLine(job.name)} is paused`)
        );
        return 0;
    }
};

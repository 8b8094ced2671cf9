'use strict';

const {connect} = require('../find-host');
const {jobNamed} = require('../names');
const {oneLine} = require('../text');
const {checkTargets} = require('./pause');

module.exports = {
    name: 'resume',
    positionals: '[JOB...]',
    asksHost: true,
    summary: 'Ends the pause of jobs.',
    examples: ['job-manager resume clean-tokens --catch-up', 'job-manager resume --all'],
    options: {
        'catch-up': {type: 'boolean', help: 'One run now, if a due time has passed meanwhile.'},
        all: {type: 'boolean', help: 'Ends the pause of all jobs. Those that were paused one by one stay so.'}
    },

    async run({values, positionals: names, output}) {
        checkTargets(names, values.all, 'resume');
        const client = await connect(values);
        const query = {catchUp: values['catch-up']};
        if (values.all) {
            const stats = await client.post(['api', 'v1', 'resume'], query);
            output.answer({all: true, stats}, 'the pause of all jobs has ended');
            return 0;
        }
        await Promise.all(names.map((name) => jobNamed(client, name)));
        const jobs = [];
        for (const name of names) {
            jobs.push(await client.post(['api', 'v1', 'jobs', name, 'resume'], query));
        }
        output.answer(
            {jobs},
            jobs.map((job) => `${oneLine(job.name)} is resumed, next ${output.time(job.next)}`)
        );
        return 0;
    }
};

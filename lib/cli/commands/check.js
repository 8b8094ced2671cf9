'use strict';

const {checkConfig, faultText} = require('../config-check');
const {readConfig} = require('../config-file');
const {EXIT} = require('../failure');
const {counted, oneLine, safeText} = require('../text');

/** A job of the configuration as it is shown. */
function shownOf({name, method, job}, {timezone: ofManager}) {
    const {describeSchedule, nextRuns} = require('../../../index');
    const source = typeof job.job === 'function' ? 'function' : String(job.job);
    if (job.at === undefined) {
        const schedule = method === 'defineJob' ? 'when it is asked for' : 'once, when the daemon starts';
        return {name, source, schedule, timezone: undefined, next: undefined};
    }
    const timezone = job.timezone ?? ofManager;
    return {
        name,
        source,
        schedule: describeSchedule(job.at),
        timezone,
        next: nextRuns(job.at, {count: 1, timezone}).at(0)
    };
}

module.exports = {
    name: 'check',
    endsProcess: true,
    positionals: 'CONFIG',
    summary: 'Checks a configuration of the daemon, and shows when its jobs are due next.',
    description: `
Every option, schedule and file is checked; nothing is run. Exit code 2 if there is a fault: each is printed with its place in the
file, such as jobs[2].at. What this command accepts, the daemon accepts.`,
    examples: ['job-manager check jobs.config.json'],

    async run({positionals: [file], output}) {
        const {faults, config} = await checkConfig(await readConfig(file), file);
        if (config === undefined) {
            if (output.isJson) {
                output.json({file, ok: false, faults, jobs: []});
            } else {
                faults.forEach((fault) =>
                    output.line(safeText(faultText(file, fault)).replaceAll('\n', '\n    '))
                );
                output.line(counted(faults.length, 'fault'));
            }
            return EXIT.usage;
        }
        const jobs = config.definitions.map((definition) => shownOf(definition, config.manager));
        if (output.isJson) {
            output.json({file, ok: true, faults, jobs});
            return 0;
        }
        output.table(
            [
                {title: 'NEXT', text: ({next}) => output.time(next)},
                {title: 'LEFT', text: ({next}) => output.left(next)},
                {title: 'JOB', text: ({name}) => oneLine(name), shrinks: true},
                {title: 'SCHEDULE', text: scheduleText, shrinks: true}
            ],
            jobs
        );
        output.line(`${counted(jobs.length, 'job')}, no fault`);
        return 0;
    }
};

const scheduleText = ({schedule, timezone}) =>
    timezone === undefined ? schedule : `${schedule} (${timezone})`;

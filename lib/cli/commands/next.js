'use strict';

const fs = require('node:fs');
const {Failure, EXIT} = require('../failure');
const {formatLeft, formatTime} = require('../times');
const {wholeNumber} = require('../values');

const DEFAULT_COUNT = '5';

function scheduleFailure(error, words) {
    const isExpanded = words.length > 1 && words.some((word) => fs.existsSync(word));
    const context = error.context && error.message === 'Invalid schedule format' ? `: ${error.context}` : '';
    const help = isExpanded
        ? 'Put the schedule in quotes: the shell has replaced "*" by the names of files.'
        : error.help;
    return new Failure(error.message + context, {exitCode: EXIT.usage, code: error.code, help});
}

module.exports = {
    name: 'next',
    positionals: "'AT'...",
    summary: 'Shows how a schedule is understood, and when it is due next.',
    description: `
AT is what a job has as "at": words such as "every 5 minutes" or "weekdays at 8:30", or a cron line, with seconds first if it has
six fields. Exit code 2 if it is not understood.`,
    examples: [
        "job-manager next 'every 5 minutes'",
        "job-manager next 'at 9:00 on the first monday of the month' --timezone Europe/London --count 3"
    ],
    options: {
        count: {type: 'string', short: 'n', value: 'N', help: 'How many due times. Default 5.'},
        timezone: {
            type: 'string',
            value: 'ZONE',
            help: 'The time zone of the schedule, such as Europe/London. Default: that of this machine.'
        },
        from: {
            type: 'string',
            value: 'TIME',
            help: 'Due times after this one, such as 2026-12-24T18:00. Default: now.'
        }
    },

    async run({values, positionals, output}) {
        const {describeSchedule, nextRuns} = require('../../../index');
        const at = positionals.join(' ');
        const count = wholeNumber(values.count ?? DEFAULT_COUNT, '--count', {most: 10_000});
        const from = values.from === undefined ? new Date() : new Date(values.from);
        if (Number.isNaN(from.getTime())) {
            throw new Failure(`--from must be a time such as 2026-12-24T18:00, got "${values.from}"`, {
                exitCode: EXIT.usage,
                code: 'USAGE'
            });
        }
        let text;
        let due;
        try {
            text = describeSchedule(at);
            due = nextRuns(at, {count, from, timezone: values.timezone});
        } catch (error) {
            throw scheduleFailure(error, positionals);
        }
        const timezone = values.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
        if (output.isJson) {
            output.json({at, text, timezone, next: due});
            return due.length > 0 ? 0 : EXIT.no;
        }
        output.line(`${text} (${timezone})`);
        const shown = due.map((date) =>
            formatTime(date, {timezone: output.timezone ?? timezone, seconds: true})
        );
        const width = Math.max(0, ...shown.map((each) => each.length));
        for (const [index, date] of due.entries()) {
            output.line(`  ${shown[index].padEnd(width)}   in ${formatLeft(date - from)}`);
        }
        if (due.length === 0) {
            output.line('  never');
        }
        return due.length > 0 ? 0 : EXIT.no;
    }
};

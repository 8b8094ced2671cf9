'use strict';

const {COMMON, HOST} = require('./command-line');
const {commandNames, loadCommand} = require('./commands');
const {padded} = require('./text');

const GROUPS = [
    ['By itself', ['run', 'next', 'check', 'daemon']],
    ['Ask a host', ['list', 'show', 'runs', 'logs', 'cluster', 'metrics', 'dashboard']],
    ['Steer a host', ['trigger', 'pause', 'resume', 'cancel', 'retry']]
];

const EXIT_CODES = `Exit codes:
  0    done
  1    the answer is no, or the job failed (run: the code of the job, 128 + its signal, 124 time limit, 137 memory limit)
  2    the command line, or the configuration, is wrong
  3    there is no such job or run
  4    no host answers
  5    the host refuses it`;

function optionLines(options) {
    const names = Object.entries(options).map(([name, {short, value}]) => {
        const long = value === undefined ? `--${name}` : `--${name} ${value}`;
        return short === undefined ? `    ${long}` : `-${short}, ${long}`;
    });
    const width = Math.max(...names.map((name) => name.length)) + 2;
    return Object.values(options).map(({help}, index) => `  ${padded(names[index], width)}${help}`);
}

const section = (title, lines) => (lines.length === 0 ? [] : ['', `${title}:`, ...lines]);

/** @returns {string} what `job-manager help` prints */
function overview() {
    const width = Math.max(...commandNames().map((name) => name.length)) + 3;
    const groups = GROUPS.flatMap(([title, names]) =>
        section(
            title,
            names.map((name) => `  ${padded(name, width)}${loadCommand(name).summary}`)
        )
    );
    return [
        'Usage: job-manager COMMAND [ARGUMENTS] [OPTIONS]',
        '',
        'Runs jobs and schedules, and shows and steers those of a Node.js host that uses @tryghost/job-manager.',
        ...groups,
        ...section('For every command', optionLines(COMMON)),
        ...section('To find the host', optionLines(HOST)),
        '',
        EXIT_CODES,
        '',
        'See job-manager COMMAND --help for each command.'
    ].join('\n');
}

/** @returns {string} what `job-manager COMMAND --help` prints */
function helpOf({name, positionals = '', summary, description = '', examples = [], options = {}, asksHost}) {
    return [
        `Usage: job-manager ${[name, positionals, '[OPTIONS]'].filter(Boolean).join(' ')}`,
        '',
        summary,
        ...(description === '' ? [] : ['', description.trim()]),
        ...section('Options', optionLines({...options, ...COMMON})),
        ...(asksHost ? section('To find the host', optionLines(HOST)) : []),
        ...section(
            'Examples',
            examples.map((example) => `  ${example}`)
        )
    ].join('\n');
}

module.exports = {helpOf, overview};

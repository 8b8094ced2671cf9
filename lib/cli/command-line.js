'use strict';

/** What was typed, made a command with its options and arguments; or a Failure that says what is wrong with it. */

const {parseArgs} = require('node:util');
const {nearestName} = require('../host/nearest-name');
const {usage} = require('./failure');

/**
 * @typedef {object} CommandOption
 * @property {'string' | 'boolean'} type
 * @property {string} [short]
 * @property {string} [value] - what its value is, for the help
 * @property {string} help
 */

/** @type {Record<string, CommandOption>} options of every command, which may also come ahead of it */
const COMMON = {
    json: {type: 'boolean', help: 'Prints one JSON object, for programs.'},
    utc: {type: 'boolean', help: 'Prints times in UTC instead of the time zone of this machine.'},
    'no-color': {type: 'boolean', help: 'Prints without colours. So does the variable NO_COLOR.'},
    help: {type: 'boolean', short: 'h', help: 'Prints this help.'}
};

/** @type {Record<string, CommandOption>} options of the commands that ask a host */
const HOST = {
    socket: {
        type: 'string',
        value: 'PATH',
        help: 'The control socket of the host. Default: $JOB_MANAGER_SOCKET, or the only socket that is found.'
    },
    url: {type: 'string', value: 'URL', help: 'The address of its dashboard or HTTP API instead.'},
    'token-file': {
        type: 'string',
        value: 'FILE',
        help: 'A file with the token that is sent to the URL (Authorization: Bearer).'
    }
};

const BEFORE_COMMAND = {...COMMON, ...HOST, version: {type: 'boolean', short: 'V'}};

/** @returns {Record<string, CommandOption>} all options of a command */
const optionsOf = (command) => ({...command.options, ...(command.asksHost ? HOST : {}), ...COMMON});

/**
 * Finds the command among the arguments: the first one that is no option.
 *
 * @param {string[]} args
 * @returns {{name?: string, rest: string[], values: Record<string, unknown>}} `values`: of the options ahead of it
 */
function findCommand(args) {
    const {tokens, values} = parse(args, BEFORE_COMMAND);
    const first = tokens.find(({kind}) => kind === 'positional');
    if (first !== undefined) {
        return {name: first.value, rest: args.toSpliced(first.index, 1), values};
    }
    const unknown = tokens.find(({kind, name}) => kind === 'option' && !BEFORE_COMMAND[name]);
    if (unknown !== undefined) {
        throw unknownOption(unknown, BEFORE_COMMAND, 'job-manager');
    }
    return {rest: args, values};
}

/**
 * @param {{name: string, options?: object, asksHost?: boolean, positionals?: string}} command
 * @param {string[]} args - without its name
 * @returns {{values: Record<string, any>, positionals: string[], jobArguments?: string[]}} `jobArguments`: what follows `--`
 * @throws {import('./failure').Failure}
 */
function parseCommand(command, args) {
    const options = optionsOf(command);
    const terminator = command.takesJobArguments ? args.indexOf('--') : -1;
    const own = terminator < 0 ? args : args.slice(0, terminator);
    const {tokens, values, positionals} = parse(own, options);
    for (const token of tokens) {
        if (token.kind === 'option') {
            checkOption(token, options, command.name);
        }
    }
    if (!values.help) {
        checkPositionals(command, positionals);
    }
    return {values, positionals, jobArguments: terminator < 0 ? undefined : args.slice(terminator + 1)};
}

const parse = (args, options) =>
    parseArgs({args, options, strict: false, allowPositionals: true, tokens: true});

function checkOption(token, options, command) {
    const option = options[token.name];
    if (option === undefined) {
        throw unknownOption(token, options, `job-manager ${command}`);
    }
    if (option.type === 'boolean' && token.value !== undefined) {
        throw usage(`${token.rawName} takes no value`);
    }
    // A value that begins with a dash was meant as an option, if it was not given with "=".
    const isMissing = token.value === undefined || (!token.inlineValue && /^-./.test(token.value));
    if (option.type === 'string' && isMissing) {
        throw usage(
            `${token.rawName} needs a value: ${token.rawName} ${option.value}`,
            token.value && `For a value that begins with "-": ${token.rawName}=${token.value}`
        );
    }
}

function unknownOption({rawName, name}, options, command) {
    const meant = nearestName(name, Object.keys(options));
    const suggestion = meant === undefined ? '' : `Did you mean --${meant}? `;
    return usage(`there is no option ${rawName}`, `${suggestion}See ${command} --help`);
}

/** `positionals` of a command are written as in its help: `NAME`, `[NAME]`, `NAME...`. */
function checkPositionals({name, positionals: expected = ''}, given) {
    const places = expected.split(' ').filter(Boolean);
    const required = places.filter((place) => !place.startsWith('['));
    const isOpen = places.some((place) => place.includes('...'));
    if (given.length < required.length) {
        throw usage(
            `${required[given.length].replace('...', '')} is missing: job-manager ${name} ${expected}`,
            `See job-manager ${name} --help`
        );
    }
    if (given.length > places.length && !isOpen) {
        const what = places.length === 0 ? 'no argument' : places.join(' ');
        throw usage(
            `"${given[places.length]}" is one argument too many: job-manager ${name} takes ${what}`,
            `See job-manager ${name} --help`
        );
    }
}

module.exports = {COMMON, HOST, findCommand, optionsOf, parseCommand};

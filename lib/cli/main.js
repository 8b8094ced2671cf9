#!/usr/bin/env node
'use strict';

/** The program `job-manager`. */

const {findCommand, parseCommand} = require('./command-line');
const {loadCommand} = require('./commands');
const {Output} = require('./output');

/** Whether a job goes on, whoever reads what is printed. */
let outlivesReader = false;
/** Whether what a configuration has left open (a database, a timer) does not keep the process alive. */
let endsProcess = false;

/** Who reads may have read enough (`| head`): that is no failure, and nothing is left to be said. */
for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
        if (error.code !== 'EPIPE') {
            throw error;
        }
        if (!outlivesReader) {
            process.exit();
        }
    });
}

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
async function main(args) {
    let output = new Output({json: args.includes('--json'), 'no-color': args.includes('--no-color')});
    try {
        const {name, rest, values} = findCommand(args);
        if (values.version && name === undefined) {
            return printVersion(output);
        }
        if (name === undefined || name === 'help') {
            return printHelp(output, rest, {isAsked: name === 'help' || values.help === true});
        }
        const command = loadCommand(name);
        const given = parseCommand(command, rest);
        if (given.values.help) {
            output.line(require('./help').helpOf(command));
            return 0;
        }
        output = new Output(given.values);
        ({outlivesReader = false, endsProcess = false} = command);
        return await command.run({...given, output});
    } catch (error) {
        if (error.exitCode === undefined) {
            // A fault of this program: its stack is what is needed.
            error.message = error.stack ?? error.message;
        }
        output.failure(error);
        return error.exitCode ?? 1;
    }
}

function printVersion(output) {
    const {version} = require('../../package.json');
    output.answer({version}, version);
    return 0;
}

/** Without a command the help is an answer to a mistake. */
function printHelp(output, [name], {isAsked}) {
    const help = require('./help');
    const text = name && !name.startsWith('-') ? help.helpOf(loadCommand(name)) : help.overview();
    if (isAsked) {
        output.line(text);
        return 0;
    }
    output.note(text);
    return 2;
}

main(process.argv.slice(2)).then((exitCode) => {
    // Not process.exit() at once: what is printed to a pipe may not have been written yet.
    process.exitCode = exitCode;
    if (endsProcess) {
        process.stdout.write('', () => process.stderr.write('', () => process.exit()));
    }
});

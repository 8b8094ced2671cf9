'use strict';

const {parseArgs} = require('node:util');

const DEFAULT_ROUNDS = 5;

const USAGE = `Usage: npm run bench -- [NAME...] [--node PATH]... [--rounds N] [--json FILE]

  NAME         scenarios to run, by (part of the) name of a measurement; default: all
  --node PATH  a node binary to measure on, more than once for several; default: this one
  --rounds N   measurements of each package, turn by turn; default: ${DEFAULT_ROUNDS}
  --json FILE  also writes every single measurement`;

/**
 * @param {string[]} argv
 * @returns {{names: string[], nodes: string[], rounds: number, json: string | undefined}}
 * @throws {Error} whose message is for the user
 */
function parseArguments(argv) {
    const {values, positionals} = parseArgs({
        args: argv,
        allowPositionals: true,
        options: {
            node: {type: 'string', multiple: true},
            rounds: {type: 'string'},
            json: {type: 'string'},
            help: {type: 'boolean'}
        }
    });
    if (values.help) {
        throw new Error(USAGE);
    }
    const rounds = Number(values.rounds ?? DEFAULT_ROUNDS);
    if (!Number.isInteger(rounds) || rounds < 1) {
        throw new Error(`--rounds must be a whole number from 1 up, got ${values.rounds}`);
    }
    return {names: positionals, nodes: values.node ?? [process.execPath], rounds, json: values.json};
}

module.exports = {parseArguments};

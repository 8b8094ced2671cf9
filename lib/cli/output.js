'use strict';

const {tableLines} = require('./table');
const {formatLeft, formatTime} = require('./times');
const {padded, safeText} = require('./text');

const STYLES = {bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36};
const PREFIX = 'job-manager: ';

/** Where the commands print to: answers to the standard output, everything else to the standard error. */
class Output {
    #streams;

    /**
     * @param {{json?: boolean, utc?: boolean, 'no-color'?: boolean}} options
     * @param {{stdout?: NodeJS.WriteStream, stderr?: NodeJS.WriteStream, env?: NodeJS.ProcessEnv}} [place]
     */
    constructor(options, {stdout = process.stdout, stderr = process.stderr, env = process.env} = {}) {
        this.#streams = {stdout, stderr};
        this.isJson = options.json === true;
        this.timezone = options.utc === true ? 'UTC' : undefined;
        const allows = options['no-color'] !== true && !env.NO_COLOR && env.TERM !== 'dumb';
        this.hasColors = allows && stdout.isTTY === true;
        /** Whether a line may be drawn again and again. */
        this.isAnimated = !this.isJson && stderr.isTTY === true && env.TERM !== 'dumb';
    }

    /** Columns of the terminal; a file or a pipe gets whole lines. */
    get width() {
        return this.#streams.stdout.isTTY ? this.#streams.stdout.columns || 80 : Infinity;
    }

    /** A part of the answer. */
    line(text = '') {
        this.#streams.stdout.write(`${text}\n`);
    }

    /** A part of the answer that is printed as it is. */
    write(text) {
        this.#streams.stdout.write(text);
    }

    /** The whole answer, for programs. */
    json(value) {
        this.#streams.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
    }

    /** The whole answer, in one of both forms. @param {object} value @param {string | string[]} lines */
    answer(value, lines) {
        if (this.isJson) {
            this.json(value);
        } else {
            [lines].flat().forEach((text) => this.line(text));
        }
    }

    /** What is said beside the answer. */
    note(text) {
        this.#streams.stderr.write(`${text}\n`);
    }

    /** @param {import('./table').Column[]} columns @param {any[]} rows */
    table(columns, rows) {
        const paint = (style, text) => this.style(style, text);
        tableLines(columns, rows, this.width, paint).forEach((text) => this.line(text));
    }

    /** `NAME  text` lines, with the names in a column. @param {Array<[string, string | undefined]>} facts */
    facts(facts) {
        const known = facts.filter(([, text]) => text !== undefined && text !== '');
        const width = Math.max(...known.map(([name]) => name.length)) + 2;
        for (const [name, text] of known) {
            const lines = text.split('\n').join(`\n${' '.repeat(width)}`);
            this.line(`${this.style('dim', padded(name, width))}${lines}`);
        }
    }

    /** @param {Error & {help?: string, code?: string}} error - why the command ends without an answer */
    failure(error) {
        if (this.isJson) {
            const {code = 'FAILED', message, help} = error;
            this.json({error: {code, message, help}});
            return;
        }
        const indented = (text) => safeText(text).replaceAll('\n', `\n${' '.repeat(PREFIX.length)}`);
        this.note(PREFIX + indented(error.message));
        if (error.help) {
            this.note(' '.repeat(PREFIX.length) + indented(error.help));
        }
    }

    /** @param {string | undefined} name - of STYLES */
    style(name, text) {
        return this.hasColors && name !== undefined ? `\u001b[${STYLES[name]}m${text}\u001b[0m` : text;
    }

    /** @param {string | Date | undefined} date @param {{seconds?: boolean}} [options] */
    time(date, options) {
        return date === undefined ? '–' : formatTime(new Date(date), {timezone: this.timezone, ...options});
    }

    /** @param {string | Date | undefined} date @returns {string} how far away it is */
    left(date) {
        if (date === undefined) {
            return '–';
        }
        const ms = new Date(date).getTime() - Date.now();
        return ms <= 0 ? 'now' : formatLeft(ms);
    }
}

module.exports = {Output};

'use strict';

/** Exit codes, beside 0 and those of a job that was run. */
const EXIT = {
    /** The answer is no, or the job failed. */
    no: 1,
    usage: 2,
    /** No such job or run. */
    unknown: 3,
    noHost: 4,
    refused: 5
};

/** A command cannot do what it was asked for. Printed without a stack trace. */
class Failure extends Error {
    /**
     * @param {string} message - a sentence
     * @param {{exitCode?: number, code?: string, help?: string}} [properties] - `help`: what to do, in a line or several
     */
    constructor(message, {exitCode = EXIT.no, code, help} = {}) {
        super(message);
        this.name = 'Failure';
        this.exitCode = exitCode;
        this.code = code;
        this.help = help;
    }
}

/** The command line is wrong. */
const usage = (message, help) => new Failure(message, {exitCode: EXIT.usage, code: 'USAGE', help});

module.exports = {EXIT, Failure, usage};

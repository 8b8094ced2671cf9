'use strict';

/** What runs this code, if that is not Node.js. */

const {codedError} = require('./from-caller');

/** @returns {'Bun' | 'Deno' | undefined} */
function otherRuntime() {
    if (process.versions.bun) {
        return 'Bun';
    }
    return process.versions.deno || globalThis.Deno ? 'Deno' : undefined;
}

/**
 * Refuses an offloaded job where the program that would run it is not Node.js.
 *
 * @param {string} name - the job
 * @throws {Error} RUNTIME_UNSUPPORTED
 */
function checkOffloading(name) {
    const runtime = otherRuntime();
    if (runtime) {
        throw codedError(
            'RUNTIME_UNSUPPORTED',
            `Job "${name}" cannot be offloaded: this is ${runtime}, and worker processes need Node.js. Inline jobs ` +
                '(`offloaded: false`), their schedules and one-offs work here; run the host with Node.js for the others.'
        );
    }
}

module.exports = {otherRuntime, checkOffloading};

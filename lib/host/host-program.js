'use strict';

/** What kind of program the host is: worker processes need `node` itself. */

const {isBuiltin} = require('node:module');

/** Node.js 20 before 20.12 has no such module. */
const isSingleExecutable = () => isBuiltin('node:sea') && require('node:sea').isSea();

/**
 * A program that is started again instead of the worker script when a worker process is started with it.
 *
 * @returns {string | undefined} what it is; undefined for `node`, and for what can be told to be `node`
 */
function packedAs() {
    if (isSingleExecutable()) {
        return 'a single executable application';
    }
    if (process.pkg) {
        return 'an application packed by pkg';
    }
    // The name under which nexe keeps its own state.
    return process.__nexe ? 'an application packed by nexe' : undefined;
}

/**
 * @returns {{packed: string | undefined, isElectron: boolean}} as what the application is packed together with `node`,
 *   if it is; and whether the program is Electron, which is `node` where ELECTRON_RUN_AS_NODE is set
 */
function hostProgram() {
    return {packed: packedAs(), isElectron: process.versions.electron !== undefined};
}

module.exports = {hostProgram};

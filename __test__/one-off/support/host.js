'use strict';

const {fork} = require('node:child_process');
const {EventEmitter, once} = require('node:events');
const path = require('node:path');
const {cleanUp} = require('./cleanup');

/**
 * Starts another host on a database.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} location - of the database
 * @param {{options?: object, env?: object}} [settings] - options of its manager, additions to its environment
 */
async function startHost(t, location, {options = {}, env = {}} = {}) {
    const child = fork(
        path.join(__dirname, 'host-main.js'),
        [JSON.stringify(location), JSON.stringify(options)],
        {env: {...process.env, ...env}, execArgv: []}
    );
    const exited = once(child, 'exit');
    const events = new EventEmitter();
    const begun = [];
    const calls = new Map();
    let lastCall = 0;
    child.on('message', ({call, event, name, result, error}) => {
        if (event === 'begun') {
            begun.push(name);
        }
        if (event) {
            events.emit(event, name);
            return;
        }
        const {resolve, reject} = calls.get(call);
        calls.delete(call);
        if (error) {
            reject(Object.assign(new Error(error.message), error));
        } else {
            resolve(result);
        }
    });
    const ask =
        (action) =>
        (...args) =>
            new Promise((resolve, reject) => {
                lastCall += 1;
                calls.set(lastCall, {resolve, reject});
                child.send({call: lastCall, action, args});
            });
    const end = ask('end');
    cleanUp(t, async () => {
        if (child.connected) {
            await end();
        }
        await exited;
    });
    await once(events, 'ready');
    return {
        /** Names of the jobs that have begun there. */
        begun,
        /** Resolves when the next job begins. */
        begins: () => once(events, 'begun'),
        add: ask('add'),
        awaitOutcome: ask('awaitOutcome'),
        hasExecuted: ask('hasExecuted'),
        /** Kills it with SIGKILL. */
        async kill() {
            child.kill('SIGKILL');
            await exited;
        }
    };
}

module.exports = {startHost};

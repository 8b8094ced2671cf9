'use strict';

const {setImmediate: hostSetImmediate} = require('node:timers');
const {isFake} = require('./fake-timer');

/**
 * Calls a function on the next turn of the host's event loop, after timers and I/O have had theirs. The
 * process lives until then.
 *
 * The native side cannot do this: a threadsafe function that is called again from its own callback is
 * called on the same turn.
 *
 * @param {() => void} callback
 */
// Tests of hosts may have replaced it before this was loaded.
const onNextTurn = isFake(hostSetImmediate) ? viaPort : (callback) => void hostSetImmediate(callback);

function viaPort(callback) {
    // Loading it takes 0.5 ms, and only tests need it.
    const {MessageChannel} = require('node:worker_threads');
    const {port1, port2} = new MessageChannel();
    port1.once('message', () => {
        port1.close();
        callback();
    });
    port2.postMessage(undefined);
}

module.exports = {onNextTurn};

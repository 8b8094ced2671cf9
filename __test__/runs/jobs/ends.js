'use strict';

const wait = require('node:timers/promises').setTimeout;

/** Ends as its data says. */
module.exports = async ({how, value}, run) => {
    switch (how) {
        case 'throw':
            throw Object.assign(new TypeError('no such thing'), {code: 'NO_THING', detail: {id: 7}});
        case 'throw a string':
            throw 'text';
        case 'exit':
            return process.exit(value);
        case 'kill':
            process.kill(process.pid, 'SIGKILL');
            return new Promise(() => {});
        case 'uncaught':
            setImmediate(() => {
                throw new Error('out of the blue');
            });
            return new Promise(() => {});
        case 'spin':
            for (;;);
        case 'never':
            return new Promise(() => {});
        case 'until aborted':
            run.progress(0.5, 'waiting');
            await wait(1e6, undefined, {signal: run.signal});
            return 'not aborted';
        case 'uncloneable':
            return () => {};
        default:
            return process.pid;
    }
};

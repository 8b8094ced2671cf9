'use strict';

const fs = require('node:fs');

/** Notes that an attempt has begun: one line, written whole. */
function note(file, {id, attempt}) {
    fs.appendFileSync(file, `${id} ${attempt}\n`);
}

const untilAborted = ({signal}) =>
    new Promise((resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

const ways = {
    echo: ({value}) => value,
    'echo later': async ({value}) => {
        await new Promise(setImmediate);
        return value;
    },
    work: async ({value, ms}) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return value;
    },
    throw: () => {
        throw new Error('as asked');
    },
    heal: ({value, after}, {attempt}) => {
        if (attempt <= after) {
            throw new Error('not yet');
        }
        return value;
    },
    exit: () => process.exit(3),
    kill: () => {
        process.kill(process.pid, 'SIGKILL');
        return new Promise(() => {});
    },
    'until aborted': (data, run) => untilAborted(run),
    never: () => new Promise(() => {})
};

/** Does what its data says, and notes that it has begun. */
module.exports = (data, run) => {
    note(data.file, run);
    return ways[data.how](data, run);
};

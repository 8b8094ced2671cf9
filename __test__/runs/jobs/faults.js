'use strict';

const fs = require('node:fs');
const wait = require('node:timers/promises').setTimeout;

/** The descriptors of the channel to the host. */
const FROM_HOST_FD = 3;
const TO_HOST_FD = 4;
const MB = 1024 * 1024;
const forever = () => new Promise(() => {});

/** What is left behind for the runs that follow. */
const kept = [];

function frame(kind, payload) {
    const bytes = Buffer.alloc(5 + payload.length);
    bytes.writeUInt32LE(payload.length);
    bytes[4] = kind;
    bytes.set(payload, 5);
    return bytes;
}

const numberOf = (run) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(Number(run.id.split('-')[1]));
    return bytes;
};

const thrown = {
    undefined: () => undefined,
    null: () => null,
    'a string': () => 'text',
    'a number': () => 7,
    'a symbol': () => Symbol('sign'),
    'a function': () => function named() {},
    'a frozen object': () => Object.freeze({code: 'FROZEN'}),
    'a frozen error': () => Object.freeze(new Error('frozen')),
    'a proxy that throws': () =>
        new Proxy(
            {},
            {
                get() {
                    throw new Error('trap');
                }
            }
        ),
    'a revoked proxy': () => {
        const {proxy, revoke} = Proxy.revocable({}, {});
        revoke();
        return proxy;
    },
    'an error whose message throws': () =>
        Object.defineProperty(new Error('hidden'), 'message', {
            get() {
                throw new Error('getter');
            }
        }),
    'an error that is too large': () => new Error('x'.repeat(257 * MB))
};

const faults = {
    pid: () => process.pid,
    throw: ({what}) => {
        throw thrown[what]();
    },
    reject: ({what}) => Promise.reject(thrown[what]()),
    'return a function': () => () => {},
    'return too much': () => new Uint8Array(257 * MB),
    'return a getter that throws': () => ({
        get value() {
            throw new Error('getter');
        }
    }),
    'set a result that is too large': (data, run) => run.result(new Uint8Array(257 * MB)),
    grow: ({mb}) => {
        kept.push(Buffer.alloc(mb * MB, 1));
        return process.pid;
    },
    'grow for ever': async () => {
        for (;;) {
            kept.push(Buffer.alloc(10 * MB, 1));
            await wait(10);
        }
    },
    'fill the heap': () => {
        for (;;) {
            kept.push(Array.from({length: 10_000}, Math.random));
        }
    },
    'write garbage': () => {
        fs.writeSync(TO_HOST_FD, 'nonsense that is no frame');
        return forever();
    },
    'write half a frame': () => {
        fs.writeSync(TO_HOST_FD, frame(2, Buffer.alloc(100)).subarray(0, 50));
        process.exit(0);
    },
    'answer for another run': async ({number}) => {
        const other = Buffer.alloc(4);
        other.writeUInt32LE(number);
        fs.writeSync(TO_HOST_FD, frame(16, Buffer.concat([other, Buffer.from('"forged"')])));
        fs.writeSync(TO_HOST_FD, frame(9, Buffer.concat([other, Buffer.from('"forged"')])));
        fs.writeSync(TO_HOST_FD, frame(20, other));
        return process.pid;
    },
    'answer with no value': (data, run) => {
        fs.writeSync(TO_HOST_FD, frame(16, Buffer.concat([numberOf(run), Buffer.from([0xff, 1, 2, 3])])));
        return process.pid;
    },
    'close its answers': () => {
        fs.closeSync(TO_HOST_FD);
        return 'unheard';
    },
    'close its requests': () => {
        fs.closeSync(FROM_HOST_FD);
        return process.pid;
    },
    'post done': () => {
        require('node:worker_threads').parentPort.postMessage('done');
        return process.pid;
    },
    'leave a rejection': () => {
        void Promise.reject(new Error('left behind'));
        return process.pid;
    },
    'leave a timer that throws': ({ms}) => {
        setTimeout(() => {
            throw new Error('left behind');
        }, ms);
        return process.pid;
    },
    'leave a timer that exits': ({ms}) => {
        setTimeout(() => process.exit(3), ms);
        return process.pid;
    },
    'leave garbage': ({ms}) => {
        setTimeout(() => fs.writeSync(TO_HOST_FD, frame(99, Buffer.alloc(1))), ms);
        return process.pid;
    },
    'leave open handles': () => {
        setInterval(() => {}, 1_000);
        require('node:net').createServer().listen(0, '127.0.0.1');
        return process.pid;
    },
    'ignore SIGTERM': () => {
        process.on('SIGTERM', () => {});
        setInterval(() => {}, 1_000);
        return process.pid;
    },
    'stop itself': () => {
        process.kill(process.pid, 'SIGSTOP');
        return process.pid;
    },
    title: () => process.title,
    environment: ({name}) => ({pid: process.pid, value: process.env[name], umask: process.umask()}),
    // Until the file is there.
    gate: async ({file}) => {
        while (!fs.existsSync(file)) {
            await wait(2);
        }
        return process.pid;
    },
    'ignore everything': () => {
        process.on('SIGTERM', () => {});
        return forever();
    },
    forever: (data, run) => {
        run.progress(0);
        return forever();
    }
};

/** Does what its data says. */
module.exports = (data, run) => faults[data.how](data, run);

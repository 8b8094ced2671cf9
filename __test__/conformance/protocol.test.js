'use strict';

/** The frames that the worker process sends, and how it reacts to a host that violates the protocol. */

const assert = require('node:assert/strict');
const {spawn} = require('node:child_process');
const {once} = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {suite, test} = require('node:test');
const {deserializeError, serialize} = require('../../lib/wire/clone.js');
const {MAX_PAYLOAD_BYTES, ToHost, ToWorker, encodeFrame} = require('../../lib/wire/frames.js');
const {
    BOOTSTRAP,
    WorkerProcess,
    decodeFrame,
    startFrames: start,
    startPayload
} = require('../support/worker-harness.js');
const {fixture} = require('./probes.js');

const EXIT_PROTOCOL = 76;
const header = {threadId: 7, cwd: process.cwd(), env: null};
const sourceJob = (job, rest = {}) => ({name: 'probe', kind: 'source', target: `(${job})()`, ...rest});

/** Starts a worker that the test's end takes with it; its frames are kept. */
function startWorker(t, options) {
    const worker = new WorkerProcess(options);
    worker.frames = [];
    worker.on('frame', (kind, payload) => worker.frames.push({kind, payload}));
    t.after(() => worker.kill());
    return worker;
}

/** A START payload with a job in JSON. */
const plainPayload = (text) => startPayload(header, Buffer.from(text));

/** Runs a function as a job, and gives the messages it posted and how the process ended. */
async function runJob(t, job, {head = {}, ...rest} = {}) {
    const worker = startWorker(t);
    await worker.isReady;
    worker.start({...header, ...head}, sourceJob(job, rest));
    const end = await worker.ended;
    const decoded = worker.frames.slice(1).map(({kind, payload}) => decodeFrame(kind, payload));
    return {
        ...end,
        kinds: worker.frames.map(({kind}) => kind),
        messages: decoded.filter(({type}) => type === 'message').map(({value}) => value),
        decoded
    };
}

/** Waits until the last frame that has come is a message. */
async function hasPosted(worker) {
    while (worker.frames.at(-1)?.kind !== ToHost.MESSAGE) {
        await once(worker, 'frame');
    }
}

/** Sends bytes in place of a START frame, and gives the error that comes back. */
async function errorAfter(t, bytes, {close = false, ...options} = {}) {
    const worker = startWorker(t, options);
    await worker.isReady;
    worker.write(bytes);
    if (close) {
        worker.toWorker.end();
    }
    const end = await worker.ended;
    assert.deepEqual(
        {code: end.code, stdout: end.stdout, stderr: end.stderr},
        {code: EXIT_PROTOCOL, stdout: '', stderr: ''}
    );
    assert.deepEqual(
        worker.frames.map(({kind}) => kind),
        options.cold ? [ToHost.ERROR] : [ToHost.READY, ToHost.ERROR]
    );
    return deserializeError(worker.frames.at(-1).payload);
}

suite('the hand-over', () => {
    for (const cold of [false, true]) {
        const title = cold ? 'a cold start' : 'a spare';
        const saidBefore = cold ? [] : [ToHost.READY];
        test(`${title} whose host closes the channel exits without output`, async (t) => {
            const worker = startWorker(t, {cold});
            await worker.isReady;
            worker.toWorker.end();
            const {code, stdout, stderr} = await worker.ended;
            assert.deepEqual({code, stdout, stderr}, {code: 0, stdout: '', stderr: ''});
            assert.deepEqual(
                worker.frames.map(({kind}) => kind),
                saidBefore
            );
        });

        test(`${title} takes START and messages that came along with it`, async (t) => {
            const worker = startWorker(t, {cold});
            const job = {name: 'probe', kind: 'file', target: fixture('echo.js')};
            worker.write(
                Buffer.concat([
                    start(startPayload(header, job)),
                    encodeFrame(ToWorker.MESSAGE, serialize('early')),
                    encodeFrame(ToWorker.MESSAGE, serialize('stop'))
                ])
            );
            const {code} = await worker.ended;
            assert.equal(code, 0);
            assert.deepEqual(
                worker.frames.map(({kind}) => kind),
                [...saidBefore, ToHost.ONLINE, ToHost.MESSAGE, ToHost.MESSAGE]
            );
            assert.equal(decodeFrame(ToHost.MESSAGE, worker.frames.at(-1).payload).value.got, 'early');
        });
    }

    test('if the host closes the channel instead of sending GO, the process exits without running the job', async (t) => {
        const worker = startWorker(t);
        await worker.isReady;
        const job = {name: 'probe', kind: 'file', target: fixture('describes-itself.js')};
        worker.toWorker.end(encodeFrame(ToWorker.START, startPayload(header, job)));
        const {code, stdout, stderr} = await worker.ended;
        assert.deepEqual({code, stdout, stderr}, {code: 0, stdout: '', stderr: ''});
        assert.equal(worker.frames.length, 1);
    });

    test('a plain job is described by its JSON description alone', async (t) => {
        const worker = startWorker(t);
        await worker.isReady;
        const description = {
            name: 'a "plain" job 🐎',
            path: fixture('describes-itself.js'),
            cron: '0 0 3 1 1 *'
        };
        worker.write(start(plainPayload(JSON.stringify(['file', description]))));
        await worker.ended;
        assert.deepEqual(decodeFrame(ToHost.MESSAGE, worker.frames[2].payload).value, {
            workerData: {job: description},
            title: `job: ${description.name}`,
            argv: [description.path]
        });
    });

    test('START may come one byte at a time', async (t) => {
        const worker = startWorker(t);
        await worker.isReady;
        for (const byte of start(
            startPayload(
                header,
                sourceJob(() => process.exit(3))
            )
        )) {
            worker.write(Buffer.from([byte]));
        }
        assert.equal((await worker.ended).code, 3);
    });

    test('the process becomes that of the job', async (t) => {
        const cwd = fs.realpathSync(os.tmpdir());
        const {messages} = await runJob(
            t,
            () => {
                const threads = require('node:worker_threads');
                threads.parentPort.postMessage({
                    threadId: threads.threadId,
                    limits: threads.resourceLimits,
                    cwd: process.cwd(),
                    env: {...process.env},
                    title: process.title,
                    execArgv: process.execArgv,
                    argv: process.argv.slice(2)
                });
            },
            {
                head: {threadId: 41, cwd, env: {ONE: '1', TWO: 'zwei ž'}},
                execArgv: ['--no-warnings'],
                env: {TWO: 'over', THREE: '3'},
                resourceLimits: {maxOldGenerationSizeMb: 64, stackSizeMb: 2},
                argv: ['a', 'b']
            }
        );
        const [{limits, ...seen}] = messages;
        assert.deepEqual(seen, {
            threadId: 41,
            cwd,
            env: {ONE: '1', TWO: 'over', THREE: '3'},
            title: 'job: probe',
            execArgv: ['--no-warnings'],
            argv: ['a', 'b']
        });
        assert.equal(limits.maxOldGenerationSizeMb, 64);
        assert.equal(limits.stackSizeMb, 2);
    });

    test('a title of its own is shown', async (t) => {
        const {messages} = await runJob(
            t,
            () => require('node:worker_threads').parentPort.postMessage(process.title),
            {
                title: 'mine'
            }
        );
        assert.deepEqual(messages, ['mine']);
    });
});

suite('a host that talks nonsense', () => {
    const json = (value) => {
        const text = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
        const length = Buffer.alloc(4);
        length.writeUInt32LE(text.length);
        return Buffer.concat([length, text, serialize(sourceJob(() => {}))]);
    };
    const oversize = Buffer.alloc(5);
    oversize.writeUInt32LE(MAX_PAYLOAD_BYTES + 1);

    for (const [title, bytes, message, options] of [
        ['a frame of another kind', encodeFrame(9), 'expected a START frame, got one of kind 9'],
        [
            'a message first',
            encodeFrame(ToWorker.MESSAGE, serialize(1)),
            'expected a START frame, got one of kind 2'
        ],
        [
            'a frame too large',
            oversize,
            'frame of 268435457 bytes is larger than the limit of 268435456 bytes'
        ],
        [
            'text',
            Buffer.from('GET / HTTP/1.1\r\n\r\n'),
            'frame of 542393671 bytes is larger than the limit of 268435456 bytes'
        ],
        ['an empty START', start(Buffer.alloc(0)), 'START frame is too short'],
        [
            'a header longer than its frame',
            start(Buffer.from([255, 255, 255, 255])),
            'START frame has a header longer than itself'
        ],
        ['a header that is no JSON', start(json('{')), 'START frame has a header that is no JSON'],
        ['a header that is no object', start(json('null')), 'START frame has a header that is no object'],
        ['no threadId', start(json({cwd: '/'})), 'START frame has no threadId'],
        ['threadId zero', start(json({...header, threadId: 0})), 'START frame has no threadId'],
        ['no working directory', start(json({threadId: 1})), 'START frame has no working directory'],
        [
            'a directory that is a number',
            start(json({threadId: 1, cwd: 7})),
            'START frame has no working directory'
        ],
        [
            'a job that is no clone',
            start(startPayload(header, 0).subarray(0, -2)),
            'START frame has a job that is neither a structured clone nor JSON'
        ],
        [
            'a job that is half of its JSON',
            start(plainPayload('["file",{"name":"probe","pa')),
            'START frame has a job that is neither a structured clone nor JSON'
        ],
        [
            'a plain job without a path',
            start(plainPayload('["file",{"name":"probe"}]')),
            'START frame has no target'
        ],
        ['a job that is no object', start(startPayload(header, 'job')), 'START frame has no job name'],
        [
            'a job of unknown kind',
            start(startPayload(header, {name: 'x', kind: 'shell', target: 'ls'})),
            'START frame has a job of unknown kind'
        ],
        [
            'a job without target',
            start(startPayload(header, {name: 'x', kind: 'file'})),
            'START frame has no target'
        ],
        ['half a header', Buffer.from([1, 0]), 'channel closed inside the header of a frame', {close: true}],
        [
            'half a frame',
            encodeFrame(1, Buffer.alloc(9)).subarray(0, 9),
            'channel closed inside a frame',
            {close: true}
        ],
        [
            'half a frame, cold',
            encodeFrame(1, Buffer.alloc(9)).subarray(0, 9),
            'channel closed inside a frame',
            {close: true, cold: true}
        ]
    ]) {
        test(`${title} ends the worker with code 76 and one error`, async (t) => {
            const error = await errorAfter(t, bytes, options);
            assert.equal(error.message, message);
            assert.equal(error.code, 'ERR_WORKER_PROTOCOL');
            assert.equal(error.name, 'ProtocolError');
        });
    }

    test('a working directory that is not there ends it likewise', async (t) => {
        const cwd = path.join(os.tmpdir(), 'not', 'there');
        const error = await errorAfter(
            t,
            start(
                startPayload(
                    {...header, cwd},
                    sourceJob(() => {})
                )
            )
        );
        assert.equal(error.code, 'ENOENT');
        assert.match(error.message, /not.there/);
    });

    for (const [title, bytes, pattern] of [
        ['an unknown kind', encodeFrame(77), /unexpected frame of kind 77/],
        ['a second START', encodeFrame(ToWorker.START), /unexpected frame of kind 1/],
        ['a message that is no clone', encodeFrame(ToWorker.MESSAGE, Buffer.from('no')), /deserialize|clone/],
        ['a frame too large', oversize, /larger than the limit/]
    ]) {
        test(`${title} while the job runs ends it with code 76`, async (t) => {
            const worker = startWorker(t);
            await worker.isReady;
            worker.start(header, {name: 'probe', kind: 'file', target: fixture('echo.js')});
            await once(worker, 'frame');
            worker.write(bytes);
            const {code} = await worker.ended;
            assert.equal(code, EXIT_PROTOCOL);
            const {kind, payload} = worker.frames.at(-1);
            assert.equal(kind, ToHost.ERROR);
            assert.match(deserializeError(payload).message, pattern);
        });
    }

    test('without a channel, the script reports that on stderr', async () => {
        const child = spawn(process.execPath, [BOOTSTRAP], {stdio: ['ignore', 'ignore', 'pipe']});
        let text = '';
        child.stderr.setEncoding('utf8').on('data', (chunk) => {
            text += chunk;
        });
        const [code] = await once(child, 'close');
        assert.notEqual(code, 0);
        assert.match(text, /^job-manager worker: no channel to a host \(E[A-Z]+\).*\n$/);
    });
});

suite('the end', () => {
    test("'done' has a frame of its own and ends the process with code 0", async (t) => {
        const {kinds, code, decoded} = await runJob(t, () => {
            const {parentPort} = require('node:worker_threads');
            setInterval(() => {}, 1000);
            process.exitCode = 4;
            parentPort.postMessage('before');
            parentPort.postMessage('done');
            parentPort.postMessage('in the same turn');
            process.nextTick(() => parentPort.postMessage('in its ticks'));
        });
        assert.deepEqual(kinds, [
            ToHost.READY,
            ToHost.ONLINE,
            ToHost.MESSAGE,
            ToHost.DONE,
            ToHost.MESSAGE,
            ToHost.MESSAGE
        ]);
        assert.deepEqual(
            decoded.map(({value}) => value),
            [undefined, 'before', 'done', 'in the same turn', 'in its ticks']
        );
        assert.equal(code, 0);
    });

    test('what only resembles it is a message', async (t) => {
        const {kinds, code} = await runJob(t, () => {
            const {parentPort} = require('node:worker_threads');
            for (const value of [{done: true}, ['done'], Object('done'), 'Done', 'done ']) {
                parentPort.postMessage(value);
            }
        });
        assert.deepEqual(kinds, [
            ToHost.READY,
            ToHost.ONLINE,
            ...Array.from({length: 5}, () => ToHost.MESSAGE)
        ]);
        assert.equal(code, 0);
    });

    test("'cancelled' always has a frame of its own, and ends the process once 'cancel' came", async (t) => {
        const worker = startWorker(t);
        await worker.isReady;
        worker.start(header, {name: 'probe', kind: 'file', target: fixture('cancel.js')});
        await once(worker, 'frame');
        worker.postMessage('cancel');
        const {code} = await worker.ended;
        assert.equal(code, 0);
        assert.deepEqual(
            worker.frames.map(({kind}) => kind),
            [ToHost.READY, ToHost.ONLINE, ToHost.CANCELLED, ToHost.MESSAGE, ToHost.CANCELLED]
        );
    });

    test('an uncaught error is one frame, and nothing on stderr', async (t) => {
        const {kinds, code, stderr} = await runJob(t, () => {
            process.on('exit', () => {
                throw new Error('and another in the exit handler');
            });
            Promise.reject(new Error('and a rejection'));
            throw new Error('the first');
        });
        assert.deepEqual(kinds, [ToHost.READY, ToHost.ONLINE, ToHost.ERROR]);
        assert.equal(code, 1);
        assert.equal(stderr, '');
    });

    test('an error too large for a frame arrives cut to its texts', async (t) => {
        const {decoded, code} = await runJob(t, () => {
            throw Object.assign(new Error('too large'), {ballast: new Uint8Array(257 * 1024 * 1024)});
        });
        assert.equal(code, 1);
        assert.equal(decoded.at(-1).value.message, 'too large');
        assert.match(decoded.at(-1).value.stack, /worker eval/);
        assert.equal(decoded.at(-1).value.ballast, undefined);
    });

    test('a message too large throws at the sender, which goes on', async (t) => {
        const {messages, code} = await runJob(t, () => {
            const {parentPort} = require('node:worker_threads');
            const buffer = new ArrayBuffer(256 * 1024 * 1024);
            try {
                parentPort.postMessage({buffer}, [buffer]);
            } catch (error) {
                parentPort.postMessage([
                    error instanceof RangeError,
                    error.code,
                    error.message,
                    buffer.byteLength
                ]);
            }
        });
        assert.equal(code, 0);
        assert.equal(messages.length, 1);
        assert.deepEqual(messages[0].slice(0, 2), [true, 'ERR_MESSAGE_TOO_LARGE']);
        assert.match(
            messages[0][2],
            /^message of 2684354\d\d bytes is larger than the limit of 268435456 bytes$/
        );
        assert.equal(messages[0][3], 256 * 1024 * 1024, 'nothing was transferred');
    });

    test('large messages pass both ways', async (t) => {
        const bytes = new Uint8Array(32 * 1024 * 1024).fill(7);
        const worker = startWorker(t);
        await worker.isReady;
        worker.start(header, {name: 'probe', kind: 'file', target: fixture('echo.js')});
        await once(worker, 'frame');
        worker.postMessage(bytes);
        worker.postMessage('stop');
        const {code} = await worker.ended;
        assert.equal(code, 0);
        const {got} = decodeFrame(ToHost.MESSAGE, worker.frames.at(-1).payload).value;
        assert.ok(Buffer.compare(got, bytes) === 0);
    });
});

suite('a host that goes away', () => {
    test('ends the job at once, whatever its handlers would do, and the processes it started', async (t) => {
        const worker = startWorker(t);
        await worker.isReady;
        worker.start(
            header,
            sourceJob(() => {
                const {parentPort} = require('node:worker_threads');
                process.on('exit', () => console.log('exit handler'));
                process.on('SIGTERM', () => {});
                parentPort.on('message', () => {});
                // Its output is ours: it ends when both have ended.
                require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
                    stdio: ['ignore', 'inherit', 'inherit']
                });
                parentPort.postMessage('running');
            })
        );
        await hasPosted(worker);
        worker.toWorker.destroy();
        const {signal, code, stdout, stderr} = await worker.ended;
        assert.equal(signal ?? code, process.platform === 'win32' ? EXIT_PROTOCOL : 'SIGKILL');
        assert.equal(stdout + stderr, '');
    });

    test('ends a job that only posts', async (t) => {
        const worker = startWorker(t);
        await worker.isReady;
        worker.start(
            header,
            sourceJob(() => {
                const {parentPort} = require('node:worker_threads');
                process.on('exit', () => console.log('exit handler'));
                for (;;) {
                    parentPort.postMessage('x'.repeat(1000));
                }
            })
        );
        await hasPosted(worker);
        worker.fromWorker.destroy();
        const {stdout, stderr} = await worker.ended;
        assert.equal(stdout + stderr, '');
    });
});

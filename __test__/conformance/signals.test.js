'use strict';

/** What a job does with signals that are sent to it: its own way, the default, or a question to the host. */

const assert = require('node:assert/strict');
const {once} = require('node:events');
const {suite, test} = require('node:test');
const {ToHost, ToWorker, encodeFrame} = require('../../lib/wire/frames.js');
const {WorkerProcess, decodeFrame} = require('../support/worker-harness.js');

const NUMBERS = {SIGTERM: 15, SIGINT: 2, SIGHUP: 1, SIGUSR2: process.platform === 'darwin' ? 31 : 12};

/** Starts a job, and gives it once it has posted 'ready'; `next` is what the process says then. */
async function running(t, job) {
    const worker = new WorkerProcess({cold: true});
    t.after(() => worker.kill());
    const frames = [];
    let wake = () => {};
    worker.on('frame', (kind, payload) => {
        frames.push(kind === ToHost.SIGNAL ? {signal: payload[0]} : decodeFrame(kind, payload));
        wake();
    });
    const next = async () => {
        while (frames.length === 0) {
            await Promise.race([new Promise((resolve) => (wake = resolve)), once(worker.child, 'exit')]);
        }
        return frames.shift();
    };
    worker.start({threadId: 7}, {name: 'probe', kind: 'source', target: `(${job})()`, workerData: {}});
    assert.equal((await next()).type, 'online');
    assert.equal((await next()).value, 'ready');
    return {worker, next};
}

const listens = () => {
    const {parentPort} = require('node:worker_threads');
    parentPort.on('message', (message) => {
        parentPort.postMessage(`got ${message}`);
        if (message === 'handle') {
            process.once('SIGTERM', () => parentPort.postMessage('own handler'));
            parentPort.postMessage('handles');
        }
    });
    parentPort.postMessage('ready');
};
const listensByProperty = () => {
    const {parentPort} = require('node:worker_threads');
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the form that is tested
    parentPort.onmessage = () => {};
    parentPort.postMessage('ready');
};
const doesNotListen = () => {
    setInterval(() => {}, 1000);
    require('node:worker_threads').parentPort.postMessage('ready');
};

suite('a signal from outside', () => {
    for (const [signal, number] of Object.entries(NUMBERS)) {
        test(`${signal}: a job that listens asks its host, and goes on`, async (t) => {
            const {worker, next} = await running(t, listens);
            worker.child.kill(signal);
            assert.deepEqual(await next(), {signal: number});
            worker.postMessage('cancel');
            assert.equal((await next()).value, 'got cancel');
        });

        test(`${signal}: a job that does not listen ends by it`, async (t) => {
            const {worker} = await running(t, doesNotListen);
            worker.child.kill(signal);
            assert.equal((await worker.ended).signal, signal);
        });
    }

    test('a job that listens by onmessage asks, too', async (t) => {
        const {worker, next} = await running(t, listensByProperty);
        worker.child.kill('SIGTERM');
        assert.deepEqual(await next(), {signal: NUMBERS.SIGTERM});
    });

    test('a job that has stopped listening ends by it', async (t) => {
        const job = () => {
            const {parentPort} = require('node:worker_threads');
            const ignore = () => {};
            parentPort.on('message', ignore);
            parentPort.off('message', ignore);
            setInterval(() => {}, 1000);
            parentPort.postMessage('ready');
        };
        const {worker} = await running(t, job);
        worker.child.kill('SIGTERM');
        assert.equal((await worker.ended).signal, 'SIGTERM');
    });

    test('a handler of the job comes first, and asking comes back with its end', async (t) => {
        const {worker, next} = await running(t, listens);
        worker.postMessage('handle');
        assert.equal((await next()).value, 'got handle');
        assert.equal((await next()).value, 'handles');
        worker.child.kill('SIGTERM');
        assert.equal((await next()).value, 'own handler');
        worker.child.kill('SIGTERM');
        assert.deepEqual(await next(), {signal: NUMBERS.SIGTERM});
    });

    test('a handler that was there before the job listened stays alone', async (t) => {
        const job = () => {
            const {parentPort} = require('node:worker_threads');
            process.on('SIGTERM', (...args) => parentPort.postMessage(args));
            parentPort.on('message', () => {});
            parentPort.postMessage('ready');
        };
        const {worker, next} = await running(t, job);
        worker.child.kill('SIGTERM');
        assert.deepEqual((await next()).value, ['SIGTERM', NUMBERS.SIGTERM]);
    });

    test('the host answers that the signal is its own: the job ends by it', async (t) => {
        const {worker, next} = await running(t, listens);
        worker.child.kill('SIGTERM');
        await next();
        worker.write(encodeFrame(ToWorker.TAKE_SIGNAL));
        assert.equal((await worker.ended).signal, 'SIGTERM');
    });

    test('a host that has gone is not asked: the process ends', async (t) => {
        const {worker} = await running(t, listens);
        worker.fromWorker.destroy();
        worker.child.kill('SIGTERM');
        const {code, signal} = await worker.ended;
        assert.notDeepEqual({code, signal}, {code: 0, signal: null});
    });
});

test('of all that the job sees nothing', async (t) => {
    const job = () => {
        const {parentPort} = require('node:worker_threads');
        const view = () => ({
            listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
            own: Object.getOwnPropertyNames(process).includes('emit'),
            resources: process.getActiveResourcesInfo().filter((name) => /signal/i.test(name)),
            port: Object.keys(parentPort)
        });
        const before = view();
        parentPort.on('message', () => {});
        parentPort.postMessage('ready');
        parentPort.postMessage([before, view()]);
    };
    const {next} = await running(t, job);
    const [before, after] = (await next()).value;
    assert.deepEqual(after.listeners, before.listeners);
    assert.deepEqual([after.own, after.resources], [false, []]);
    assert.deepEqual(after.port, before.port);
});

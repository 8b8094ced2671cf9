'use strict';

/* Every way in which a run can go, as `addJob` takes it and with the end that it has to have. */

const post = (value) => `require('node:worker_threads').parentPort.postMessage(${value});`;
const stay = 'setInterval(() => {}, 1000);';
const script = (text) => new Function(text);

/** Does something once the job is ready. */
const whenReady = (act) => (context) => {
    if (context.message === 'ready') {
        act(context);
    }
};
const remove = whenReady(({manager, name}) => void manager.removeJob(name));

/**
 * @typedef {object} Kind
 * @property {object} job as addJob takes it, but for its name
 * @property {string} cause of its end
 * @property {boolean} [isFailure] the errorHandler is to be called
 * @property {number} [messages] that arrive at least
 * @property {(context: object) => void} [during] called with each message
 */

/** @type {Array<[string, Kind]>} */
const kinds = Object.entries({
    ends: {job: {job: script('')}, cause: 'exit'},
    'posts done': {job: {job: script(stay + post("'done'"))}, cause: 'done', messages: 1},
    'exits with 3': {job: {job: script('process.exit(3)')}, cause: 'exit', isFailure: true},
    throws: {job: {job: script("throw new Error('no')")}, cause: 'error', isFailure: true},
    rejects: {job: {job: script("Promise.reject(new Error('no'))")}, cause: 'error', isFailure: true},
    'is killed': {
        job: {job: script("process.kill(process.pid, 'SIGKILL')")},
        cause: 'signal',
        isFailure: true
    },
    talks: {
        job: {job: script(`for (let i = 0; i < 100; i += 1) { ${post('{i, text: "x".repeat(1000)}')} }`)},
        cause: 'exit',
        messages: 100
    },
    answers: {
        job: {
            job: script(`
                const {parentPort} = require('node:worker_threads');
                parentPort.on('message', (text) => parentPort.postMessage(text === 'end' ? 'done' : text));
                parentPort.postMessage('ready');
            `)
        },
        during: whenReady(({worker}) => ['one', 'two', 'end'].forEach((text) => worker.postMessage(text))),
        cause: 'done',
        messages: 4
    },
    prints: {
        job: {job: script("console.log('x'.repeat(100_000))"), worker: {stdout: true}},
        cause: 'exit'
    },
    'is terminated': {
        job: {job: script(stay + post("'ready'"))},
        during: whenReady(({worker}) => void worker.terminate()),
        cause: 'terminated',
        isFailure: true
    },
    'is removed': {
        job: {
            job: script(`
                const {parentPort} = require('node:worker_threads');
                parentPort.on('message', () => parentPort.postMessage('cancelled'));
                parentPort.postMessage('ready');
            `)
        },
        during: remove,
        cause: 'cancelled'
    },
    'spins and is removed': {
        job: {job: script(`${post("'ready'")} for (;;);`), gracePeriod: 0},
        during: remove,
        cause: 'cancelled'
    },
    'takes too long': {
        job: {job: script(stay), timeout: 20, gracePeriod: 0},
        cause: 'timeout',
        isFailure: true
    },
    'starts a program': {
        job: {
            job: script(`require('node:child_process').spawn('sleep', ['1000']).unref(); ${post("'done'")}`)
        },
        cause: 'done'
    },
    'has flags of its own': {
        job: {job: script(''), worker: {execArgv: ['--no-warnings'], env: {OWN: '1'}}},
        cause: 'exit'
    },
    'breaks its channel': {
        job: {job: script(`require('node:fs').writeSync(4, 'nonsense'); ${stay}`)},
        cause: 'channel',
        isFailure: true
    }
});

module.exports = {kinds};

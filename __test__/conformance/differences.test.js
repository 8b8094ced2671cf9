'use strict';

/**
 * Where a worker process is not as a Worker: each difference with what both observe. docs/worker-fidelity.md lists the
 * same for readers.
 */

const assert = require('node:assert/strict');
const {suite, test} = require('node:test');
const {describe} = require('./describe.js');
const {fixture} = require('./probes.js');
const {STARTS, runInProcess} = require('./run-in-process.js');
const {runInWorker} = require('./run-in-worker.js');

const UNSUPPORTED = 'ERR_WORKER_UNSUPPORTED_OPERATION';
const sourceOf = (job) => (typeof job === 'string' ? [job, {}] : [`(${job})()`, {source: true}]);
const unportable = (name) =>
    `#<${name}> could not be cloned: it cannot be shared with or moved to another process.`;

/**
 * @type {{title: string, job: string | Function, options?: object,
 *   inWorker: (seen: object, raw: object) => void, inProcess: (seen: object, raw: object) => void}[]}
 */
const differences = [
    {
        title: 'what only a process may do works',
        job: () => {
            const {parentPort} = require('node:worker_threads');
            const attempt = (action) => {
                try {
                    action();
                    return 'works';
                } catch (error) {
                    return error.code;
                }
            };
            parentPort.postMessage([
                attempt(() => process.chdir(process.cwd())),
                attempt(() => process.umask(process.umask())),
                attempt(() => process.setegid?.(process.getegid()))
            ]);
        },
        inWorker: ({messages}) => assert.deepEqual(messages, [Array.from({length: 3}, () => UNSUPPORTED)]),
        inProcess: ({messages}) => assert.deepEqual(messages, [Array.from({length: 3}, () => 'works')])
    },
    {
        title: 'process.abort() ends the run, and not the host',
        job: () => process.abort(),
        inWorker: ({errors}) => assert.equal(errors[0].code, UNSUPPORTED),
        inProcess: ({errors, end}) => assert.deepEqual([errors, end], [[], {type: 'exit', code: 'SIGABRT'}])
    },
    {
        title: 'signals reach the job',
        job: () => {
            const {isMainThread, parentPort} = require('node:worker_threads');
            process.on('SIGUSR2', (signal) => {
                parentPort.postMessage([isMainThread, signal]);
                clearInterval(alive);
            });
            const alive = setInterval(() => {}, 1000);
            // In a Worker this would be the host's own process.
            if (process.title.startsWith('job:')) {
                process.kill(process.pid, 'SIGUSR2');
            } else {
                clearInterval(alive);
            }
        },
        inWorker: ({messages}) => assert.deepEqual(messages, []),
        inProcess: ({messages}) => assert.deepEqual(messages, [[false, 'SIGUSR2']])
    },
    {
        title: 'a job has a process id and a title of its own',
        job: () => {
            const {parentPort} = require('node:worker_threads');
            parentPort.postMessage({pid: process.pid, ppid: process.ppid, title: process.title});
        },
        inWorker: ({messages: [{pid}]}) => assert.equal(pid, process.pid),
        inProcess({messages: [{pid, ppid, title}]}) {
            assert.notEqual(pid, process.pid);
            assert.deepEqual([ppid, title], [process.pid, 'job: probe']);
        }
    },
    {
        title: 'ports and shared memory stay in their process',
        job: () => {
            const {parentPort} = require('node:worker_threads');
            const {createSecretKey} = require('node:crypto');
            const {BlockList} = require('node:net');
            const attempt = (value, list) => {
                try {
                    parentPort.postMessage({value}, list);
                    return 'posted';
                } catch (error) {
                    return [error.name, error.code, error.message];
                }
            };
            const {port1} = new MessageChannel();
            parentPort.postMessage([
                attempt(port1, [port1]),
                attempt(new SharedArrayBuffer(4)),
                attempt(new Blob(['text'])),
                attempt(createSecretKey(Buffer.from('key'))),
                attempt(new BlockList())
            ]);
            port1.close();
        },
        inWorker: ({messages}) =>
            assert.deepEqual(
                messages.at(-1),
                Array.from({length: 5}, () => 'posted')
            ),
        inProcess: ({messages}) =>
            assert.deepEqual(messages, [
                [
                    [
                        'DataCloneError',
                        25,
                        '#<MessagePort> could not be transferred: it cannot be moved to another process.'
                    ],
                    ...['SharedArrayBuffer', 'Blob', 'SecretKeyObject', 'BlockList'].map((name) => [
                        'DataCloneError',
                        25,
                        unportable(name)
                    ])
                ]
            ])
    },
    {
        title: 'a Buffer comes without the pool it is a part of',
        job: () => require('node:worker_threads').parentPort.postMessage(Buffer.from('small')),
        inWorker: ({messages: [{buffer}]}) => assert.ok(buffer.byteLength > 5),
        inProcess: ({messages: [{buffer}]}) => assert.equal(buffer.byteLength, 5)
    },
    {
        title: 'a DOMException keeps its name in an uncaught error',
        job: () => {
            throw new DOMException('stopped', 'AbortError');
        },
        inWorker: (seen, {events}) =>
            assert.ok(!(events.find(({type}) => type === 'error').value instanceof DOMException)),
        inProcess: ({errors: [{kind, name, code}]}) =>
            assert.deepEqual([kind, name, code], ['[object DOMException]', 'AbortError', 20])
    },
    {
        title: 'an AggregateError stays one, and its errors keep all',
        job: () => {
            throw new AggregateError([Object.assign(new TypeError('first'), {code: 'E_FIRST'})], 'all');
        },
        inWorker: ({errors: [{constructor}]}) => assert.equal(constructor, 'Error'),
        inProcess(seen, {events}) {
            const {value} = events.find(({type}) => type === 'error');
            assert.ok(value instanceof AggregateError);
            assert.equal(value.errors[0].code, 'E_FIRST');
        }
    },
    {
        title: 'one property that cannot be cloned does not cost the others',
        job: () => {
            throw Object.assign(new Error('request failed'), {code: 'E_REQUEST', config: {transform() {}}});
        },
        inWorker: ({errors: [{code}]}) => assert.equal(code, undefined),
        inProcess: ({errors: [{code, properties}]}) => {
            assert.equal(code, 'E_REQUEST');
            assert.match(properties.config, /transform/);
        }
    },
    {
        title: 'exit codes have eight bits',
        job: () => process.exit(257),
        inWorker: ({end}) => assert.equal(end.code, 257),
        inProcess: ({end}) => assert.equal(end.code, process.platform === 'win32' ? 257 : 1)
    },
    {
        title: "an error in an 'exit' handler fails the exit code too",
        job: () =>
            process.on('exit', () => {
                throw new Error('at the end');
            }),
        inWorker: ({errors, end}) => assert.deepEqual([errors[0].message, end.code], ['at the end', 0]),
        inProcess: ({errors, end}) => assert.deepEqual([errors[0].message, end.code], ['at the end', 1])
    },
    {
        title: 'an error thrown while the main module loads comes before the ticks it queued',
        job: () => {
            const {parentPort} = require('node:worker_threads');
            process.on('uncaughtException', () => parentPort.postMessage('error'));
            process.nextTick(() => parentPort.postMessage('tick'));
            throw new Error('while loading');
        },
        inWorker: ({messages}) => assert.deepEqual(messages, ['tick', 'error']),
        inProcess: ({messages}) => assert.deepEqual(messages, ['error', 'tick'])
    },
    {
        title: "an await that never settles is named on the job's own stderr, where Node names it",
        job: fixture('unsettled.mjs'),
        inWorker: ({end, stderr}) => assert.deepEqual([end.code, stderr], [13, '']),
        inProcess({end, stderr}) {
            assert.equal(end.code, 13);
            assert.match(stderr, /^(|Warning: Detected unsettled top-level await[^]*)$/);
        }
    },
    {
        title: 'TZ in the environment of a job sets its time zone',
        job: () => require('node:worker_threads').parentPort.postMessage(new Date(0).getTimezoneOffset()),
        options: {env: {TZ: 'Asia/Kolkata'}},
        inWorker: ({messages}) => assert.deepEqual(messages, [new Date(0).getTimezoneOffset()]),
        inProcess: ({messages}) => assert.deepEqual(messages, [-330])
    },
    {
        title: 'too little memory ends the process by a signal, and says why on stderr',
        job: () => {
            const kept = [];
            for (;;) {
                kept.push(Array.from({length: 1000}, () => ({})));
            }
        },
        options: {resourceLimits: {maxOldGenerationSizeMb: 16}},
        inWorker: ({errors, end}) =>
            assert.deepEqual([errors[0].code, end.code], ['ERR_WORKER_OUT_OF_MEMORY', 1]),
        inProcess({errors, end, stderr}) {
            assert.deepEqual([errors, end.code], [[], 'SIGABRT']);
            assert.match(stderr, /heap out of memory/);
        }
    }
];

suite('a worker process differs from a Worker', {concurrency: 2}, () => {
    for (const {title, job, options, inWorker, inProcess} of differences) {
        test(title, async () => {
            const [target, kind] = sourceOf(job);
            const ofWorker = await runInWorker(target, {...options, ...kind});
            inWorker(describe(ofWorker), ofWorker);
            for (const start of STARTS) {
                const ofProcess = await runInProcess(target, {...options, ...kind, start});
                inProcess(describe(ofProcess), ofProcess);
            }
        });
    }
});

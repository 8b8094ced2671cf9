'use strict';

/**
 * The probe jobs and what each is started with. A probe runs in a Worker and in a process of ours; both must observe
 * the same. `marks` and `fails` guard against a pair that agrees on a mistake: each mark must turn up in what the
 * job posted or printed, and an error there must be where one belongs.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const [major, minor] = process.versions.node.split('.').map(Number);
const fixture = (...names) => path.join(__dirname, 'fixtures', ...names);

/** Files that no formatter can read are made when they are needed. */
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'probes-'));
process.once('exit', () => fs.rmSync(folder, {recursive: true}));

function written(name, text) {
    const file = path.join(folder, name);
    fs.writeFileSync(file, text);
    return file;
}

/** Node runs TypeScript files by itself. */
const stripsTypes = major > 22 || (major === 22 && minor >= 18);

/** Posts `messages` in answer to 'ready'. */
const whenReady =
    (...messages) =>
    (message) =>
        message === 'ready' ? messages : [];

const sparse = [1];
sparse[2] = 3;

const values = [
    'text',
    0,
    null,
    undefined,
    10n,
    new Date(0),
    /x/y,
    new Map([[1, new Set([2])]]),
    Buffer.from('bytes'),
    new Float32Array([1, 2]),
    new ArrayBuffer(3),
    Object.assign(new TypeError('an error'), {code: 'E_DROPPED'}),
    {nested: [{deep: 'ž'}]},
    sparse
];

const exits = [
    'nothing',
    'exit',
    'exitZero',
    'exitThree',
    'exitText',
    'exitCode',
    'exitLater',
    'exitInExit',
    'codeInExit',
    'afterExit',
    'beforeExit',
    'reallyExit'
].map((how) => ({title: `ends: ${how}`, job: fixture('exit.js'), workerData: {how}}));

const thrown = [
    'error',
    'kind',
    'properties',
    'cause',
    'custom',
    'system',
    'node',
    'text',
    'number',
    'object',
    'null',
    'undefined',
    'function',
    'symbol'
].map((what) => ({title: `throws: ${what}`, job: fixture('throw.js'), workerData: {what}, fails: true}));

const ways = ['later', 'tick', 'reject', 'listener'].map((how) => ({
    title: `throws ${how}`,
    job: fixture('throw.js'),
    workerData: {what: 'kind', how},
    answers: whenReady('go'),
    fails: true
}));

const rejected = ['text', 'object', 'undefined'].map((what) => ({
    title: `rejects with: ${what}`,
    job: fixture('throw.js'),
    workerData: {what, how: 'reject'},
    fails: true
}));

const modes = ['throw', 'strict', 'warn', 'none'].map((mode) => ({
    title: `--unhandled-rejections=${mode}`,
    job: fixture('throw.js'),
    workerData: {what: 'kind', how: 'reject'},
    execArgv: [`--unhandled-rejections=${mode}`],
    fails: ['throw', 'strict'].includes(mode)
}));

const handlers = [
    'handled',
    'handledRejection',
    'rejectionAsException',
    'monitored',
    'captured',
    'handlerThrows',
    'domain',
    'exitSetsCode',
    'exitExits',
    'twice',
    'lateHandled'
].map((how) => ({
    title: `handlers: ${how}`,
    job: fixture('handlers.js'),
    workerData: {how},
    fails: ['monitored', 'handlerThrows', 'exitSetsCode', 'twice'].includes(how)
}));

const outputs = ['natural', 'exit', 'throw', 'done'].map((how) => ({
    title: `output before: ${how}`,
    job: fixture('output.js'),
    workerData: {how, lines: 10_000},
    marks: ['partial bytes called back'],
    fails: how === 'throw'
}));

const typed = [
    {title: 'TypeScript', job: fixture('typed.ts'), marks: ['typed']},
    {title: 'TypeScript, ES module', job: fixture('typed.mts'), marks: ['typed module']},
    {title: 'TypeScript, CommonJS', job: fixture('typed.cts'), marks: ['typed CommonJS']}
];

const sources = [
    {
        title: 'source: what it can name',
        source: true,
        job: `(function job() {
            const {parentPort, workerData} = require('worker_threads');
            parentPort.postMessage({
                workerData, filename: __filename, dirname: __dirname, id: module.id, path: module.filename,
                parent: module.parent, children: module.children.length, paths: module.paths[0],
                isExports: module.exports === exports, main: require.main, argv: process.argv.slice(1),
                hasMainModule: 'mainModule' in process, cached: Object.keys(require.cache),
                isThis: this === globalThis, globals: Object.keys(globalThis).sort(), execArgv: process.execArgv
            });
        })()`,
        workerData: {a: 1},
        argv: ['x'],
        marks: ['[worker eval]']
    },
    {
        title: 'source: asynchronous, importing',
        fails: true,
        source: true,
        job: `(async () => {
            const {parentPort} = require('worker_threads');
            const {readFile} = await import('node:fs/promises');
            const {answer} = await import('./${path.relative(process.cwd(), fixture('parts/answer.mjs')).replaceAll('\\', '/')}');
            parentPort.postMessage([typeof readFile, answer, require(${JSON.stringify(fixture('parts/word.cjs'))})]);
            throw Object.assign(new RangeError('from source'), {code: 'E_SOURCE'});
        })()`,
        marks: ['from CommonJS']
    },
    {title: 'source: a syntax error', source: true, fails: true, job: '(() => { const broken = ; })()'},
    {
        title: 'source: throws',
        fails: true,
        source: true,
        job: '(() => { throw new TypeError("in source"); })()'
    }
];

/** @type {(import('./run-in-worker.js').JobOptions & {title: string, job: string, marks?: string[], fails?: boolean})[]} */
const probes = [
    {
        title: 'worker_threads, CommonJS',
        job: fixture('view.js'),
        workerData: {job: {name: 'x'}, map: new Map([[1, 2]])}
    },
    {
        title: 'worker_threads, resource limits',
        job: fixture('view.js'),
        workerData: null,
        resourceLimits: {maxOldGenerationSizeMb: 256}
    },
    {title: 'worker_threads, ES module', job: fixture('view.mjs'), workerData: {job: {name: 'x'}}},
    {title: 'main module, CommonJS', job: fixture('main-module.js'), argv: ['one', '--two', '']},
    {
        title: 'main module, ES module',
        job: fixture('main-module.mjs'),
        argv: ['one'],
        marks: ['from CommonJS']
    },
    {title: 'imports of a CommonJS job', job: fixture('imports.js')},
    {title: 'type of the nearest package.json', job: fixture('module-scope', 'job.js'), argv: ['a']},
    {title: 'file name, CommonJS', job: fixture('wéird # 100% näme.js'), argv: ['ž 🐎']},
    {title: 'file name, ES module', job: fixture('wéird # 100% näme.mjs')},
    {title: 'order of the main module and its ticks', job: fixture('order.js'), marks: ['after await']},
    {
        title: 'values to the host',
        job: fixture('values.js'),
        workerData: {values, map: new Map([['k', values]])}
    },
    {title: 'values to the job', job: fixture('echo.js'), answers: whenReady(...values, 'stop')},
    {title: 'listeners', job: fixture('listeners.js'), answers: whenReady('first', 'last')},
    {title: 'onmessage', job: fixture('onmessage.mjs'), answers: whenReady('first')},
    {title: 'messages before a listener', job: fixture('queued.js'), answers: whenReady(1, 2, 'last')},
    {title: 'unreferenced listener', job: fixture('unref.js'), answers: () => []},
    {
        title: 'no listener',
        job: fixture('no-listener.js'),
        answers: whenReady('unheard'),
        marks: ['beforeExit']
    },
    {title: 'closed port', job: fixture('close.js'), marks: ['closed', 'DataCloneError 25']},
    {title: 'receiveMessageOnPort', job: fixture('receive.js'), answers: whenReady(1, {two: 2}, 'last')},
    {title: 'many messages before an exit', job: fixture('many.js')},
    {title: 'transfers', job: fixture('transfer.js'), marks: ['posted']},
    {title: 'uncloneable values', job: fixture('uncloneable.js'), marks: ['from a getter']},
    {title: 'done', job: fixture('done.js'), workerData: {}, marks: ['working']},
    {
        title: 'done under fake timers',
        job: fixture('done.js'),
        workerData: {fakeTimers: true},
        marks: ['working']
    },
    {title: 'cancelled', job: fixture('cancel.js'), answers: whenReady('cancel'), marks: ['got cancel']},
    {
        title: 'cancelled, not asked to',
        job: fixture('cancel.js'),
        answers: whenReady('stop'),
        marks: ['got stop']
    },
    {
        title: 'environment',
        job: fixture('environment.js'),
        env: {PROBE_OWN: 'own', PROBE_EMPTY: '', PROBE_DELETED: 'x', NODE_PATH: fixture('modules')},
        marks: ['own']
    },
    {title: 'standard input', job: fixture('stdin.js')},
    {
        title: 'Workers of the job',
        job: fixture('nested.js'),
        workerData: {outer: 'o'},
        env: {PROBE_OWN: 'own'},
        marks: ['to the inner one']
    },
    {title: 'processes of the job', job: fixture('children.js')},
    {title: 'syntax error, CommonJS', job: written('syntax-error.js', 'const broken = ;'), fails: true},
    {
        title: 'syntax error, ES module',
        job: written('syntax-error.mjs', 'export const broken = ;'),
        fails: true
    },
    {title: 'missing require', job: fixture('missing-require.js'), fails: true},
    {title: 'missing import', job: fixture('missing-import.mjs'), fails: true},
    {title: 'missing name', job: fixture('missing-name.mjs'), fails: true},
    {title: 'missing file', job: fixture('missing.js'), fails: true},
    {title: 'rejected top-level await', job: fixture('rejected-await.mjs'), fails: true},
    {
        title: '--require',
        job: fixture('preloaded.js'),
        execArgv: ['--require', fixture('preload.cjs')],
        marks: ['by --require']
    },
    {
        title: '--import',
        job: fixture('preloaded.js'),
        execArgv: ['--import', fixture('preload.mjs')],
        marks: ['by --import']
    },
    {
        title: '--import, ES module',
        job: fixture('preloaded.mjs'),
        execArgv: ['--import', fixture('preload.mjs')],
        marks: ['by --import']
    },
    {
        title: 'module hooks',
        job: fixture('hooks', 'job.mjs'),
        execArgv: ['--import', fixture('hooks', 'register.mjs')],
        marks: ['made by a hook']
    },
    ...exits,
    ...thrown,
    ...ways,
    ...rejected,
    ...modes,
    ...handlers,
    ...outputs,
    ...sources,
    ...(stripsTypes ? typed : [])
];

module.exports = {probes, fixture};

'use strict';

// Offloaded modules that export a function, which is not called: a job that did nothing must not look like a success.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {suite, test} = require('node:test');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');
const {createManager, runOnce} = require('../support/runs');
const {runScript} = require('../support/scripts');
const {temporaryFolder} = require('../support/temporary-folder');

/** A module on disk. */
function moduleOf(t, source, extension = '.js') {
    const file = path.join(temporaryFolder(t), `job${extension}`);
    fs.writeFileSync(file, source);
    return file;
}

/** A JobModel in memory. */
function memoryModel() {
    const rows = new Map();
    const rowOf = (row) => row && {id: row.name, get: (key) => row[key]};
    return {
        rows,
        findOne: async ({name}) => rowOf(rows.get(name)) ?? null,
        add: async (row) => rowOf(rows.set(row.name, {...row}).get(row.name)),
        edit: async (change, {id}) => Object.assign(rows.get(id), change)
    };
}

/** Modules that export a function and begin nothing, and so cannot have done anything that lasts. */
const IDLE = {
    'module.exports': ['module.exports = async () => {};'],
    'a module that prints': ['console.log("loaded"); module.exports = () => {};'],
    'exports.default of a compiler': [
        'Object.defineProperty(exports, "__esModule", {value: true}); exports.default = async function () {};'
    ],
    'export default': ['export default async () => { await null; };', '.mjs'],
    'a default export by another name': ['const main = () => {}; export{main as default}', '.mjs']
};

/** Modules that export a function and do their work all the same. */
const BUSY = {
    'it waits for a timer': [
        'module.exports = main; main(); async function main() { await new Promise((r) => setTimeout(r, 5)); }'
    ],
    'a timer that is due when the module has been loaded': [
        'module.exports = () => {}; setTimeout(() => {}, 0); const end = Date.now() + 10; while (Date.now() < end);'
    ],
    'one call of the file system': ['module.exports = () => {}; require("fs").promises.access("/");'],
    'after many promises': [
        'module.exports = () => {}; (async () => { for (let i = 0; i < 50; i += 1) await i; setImmediate(() => {}); })();'
    ],
    'an ES module that waits for a timer': [
        'export default main; main(); async function main() { await new Promise((r) => setTimeout(r, 5)); }',
        '.mjs'
    ],
    'an ES module with one call of the file system': [
        'import fs from "node:fs"; export default () => {}; fs.promises.access("/");',
        '.mjs'
    ],
    'an ES module that waits at its top level': [
        'export default () => {}; await new Promise((resolve) => setTimeout(resolve, 5));',
        '.mjs'
    ]
};

const warningsOf = (logs) => logs.filter(({level}) => level === 'warn').map(({text}) => text);
const isAboutExport = (text) => /exports a function, which addJob does not call\. Use defineJob/.test(text);

suite('a one-off that ran nothing', () => {
    for (const [what, module] of Object.entries(IDLE)) {
        test(`${what}: fails with JOB_NOT_RUN, and can be added again`, async (t) => {
            const JobModel = memoryModel();
            const {manager, errors} = createManager(t, {JobModel});
            const rejected = assert.rejects(manager.awaitCompletion('once'), {
                code: 'JOB_NOT_RUN',
                jobName: 'once',
                message: /ran nothing: .*offloaded: false.*parentPort\.postMessage\('done'\)/
            });
            await manager.addOneOffJob({name: 'once', job: moduleOf(t, ...module)});
            await rejected;
            const row = await manager.awaitOneOffCompletion('once');
            assert.equal(row.get('status'), 'failed');
            assert.deepEqual(
                errors.map(({error}) => error.code),
                ['JOB_NOT_RUN']
            );
            const done =
                'module.exports = () => {}; require("worker_threads").parentPort.postMessage("done");';
            await manager.addOneOffJob({name: 'once', job: moduleOf(t, done)});
            assert.equal((await manager.awaitOneOffCompletion('once')).get('status'), 'finished');
        });
    }

    for (const [what, module] of Object.entries(BUSY)) {
        test(`${what}: stays a success, with the warning`, async (t) => {
            const JobModel = memoryModel();
            const {manager, errors, logs} = createManager(t, {JobModel});
            await manager.addOneOffJob({name: 'once', job: moduleOf(t, ...module)});
            const row = await manager.awaitOneOffCompletion('once');
            assert.equal(row.get('status'), 'finished');
            assert.deepEqual(errors, []);
            assert.equal(warningsOf(logs).filter(isAboutExport).length, 1);
        });
    }
});

suite('any other job', () => {
    test('it is warned about once, however often it runs', async (t) => {
        const {manager, errors, logs} = createManager(t);
        const job = moduleOf(t, ...IDLE['module.exports']);
        await runOnce({manager, errors, messages: []}, {name: 'job', job});
        for (let run = 0; run < 2; run += 1) {
            const completed = manager.awaitCompletion('job');
            await manager.bree.run('job');
            await completed;
        }
        assert.deepEqual(errors, []);
        assert.deepEqual(warningsOf(logs).length, 1);
        assert.match(
            warningsOf(logs)[0],
            /^Job "job" ended with code 0 and posted nothing\. Its module exports a function/
        );
    });

    const silent = {
        'exports an object': 'module.exports = {run() {}};',
        'exports a class': 'module.exports = class Helper {};',
        'posts something':
            'module.exports = () => {}; require("worker_threads").parentPort.postMessage("hello");',
        "posts 'done'":
            'module.exports = () => {}; require("worker_threads").parentPort.postMessage("done");',
        'exports what throws when it is looked at':
            'module.exports = {get default() { throw new Error("no"); }};',
        'exits with another code': 'module.exports = () => {}; process.exitCode = 3;',
        'leaves at once': 'module.exports = () => {}; process.exit(0);'
    };
    for (const [what, source] of Object.entries(silent)) {
        test(`no warning when it ${what}`, async (t) => {
            const host = createManager(t);
            await runOnce(host, {name: 'job', job: moduleOf(t, source)});
            assert.deepEqual(warningsOf(host.logs), []);
        });
    }

    test('a module whose import is customized is not imported twice', async (t) => {
        const folder = temporaryFolder(t);
        const preload = path.join(folder, 'preload.mjs');
        fs.writeFileSync(preload, 'globalThis.preloaded = true;');
        const host = createManager(t);
        const {messages} = await runOnce(host, {
            name: 'job',
            job: moduleOf(t, 'export default () => {}; setTimeout(() => {}, 20);', '.mjs'),
            worker: {execArgv: ['--import', preload]}
        });
        assert.deepEqual(messages, []);
        assert.deepEqual(warningsOf(host.logs), []);
    });
});

for (const major of NODE_MAJORS) {
    test(`on Node.js ${major}`, async (t) => {
        const idle = [
            moduleOf(t, ...IDLE['module.exports']),
            moduleOf(t, ...IDLE['exports.default of a compiler'])
        ];
        const busy = Object.values(BUSY).map((module) => moduleOf(t, ...module));
        const {reports, stderr} = await runScript(
            `
            const {memoryModel} = {memoryModel: ${memoryModel}};
            const manager = new JobManager({logger: {}, JobModel: memoryModel()});
            (async () => {
                for (const [index, job] of ${JSON.stringify([...idle, ...busy])}.entries()) {
                    await manager.addOneOffJob({name: 'job' + index, job});
                    report((await manager.awaitOneOffCompletion('job' + index)).get('status'));
                }
                await manager.shutdown();
            })();`,
            {node: nodeBinary(major)}
        );
        assert.deepEqual(reports, [...idle.map(() => 'failed'), ...busy.map(() => 'finished')], stderr);
    });
}

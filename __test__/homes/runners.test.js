'use strict';

const assert = require('node:assert/strict');
const {spawn} = require('node:child_process');
const {once} = require('node:events');
const path = require('node:path');
const {test} = require('node:test');
const {eventually, markedEnvironment} = require('../support/processes');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');
const {temporaryFolder} = require('../support/temporary-folder');

const CURRENT_MAJOR = Number(process.versions.node.split('.')[0]);
const FOLDER = path.join(__dirname, 'runners');
const binary = (name) => {
    const manifest = require.resolve(`${name}/package.json`);
    const {bin} = require(manifest);
    return path.join(path.dirname(manifest), typeof bin === 'string' ? bin : bin[name]);
};

const VITEST = ['run', '--globals', '--root', FOLDER, '--reporter=json'];
const JEST = ['--rootDir', FOLDER, '--json', '--testMatch', '**/*.spec.js', '--watchman=false'];

/** Tests in the files `*.spec.js`, and in `*.spec.mjs`, which are only for vitest. */
const COMMON_TESTS = 14;
const MODULE_TESTS = 7;

/** How hosts run their tests, how many there are then, and whether that is seen on every version of Node.js. */
const RUNNERS = [
    ['vitest, thread pool', 'vitest', [...VITEST, '--pool=threads'], COMMON_TESTS + MODULE_TESTS, true],
    [
        'vitest, one thread for all',
        'vitest',
        [...VITEST, '--pool=threads', '--no-isolate'],
        COMMON_TESTS + MODULE_TESTS,
        false
    ],
    ['vitest, pool of processes', 'vitest', [...VITEST, '--pool=forks'], COMMON_TESTS + MODULE_TESTS, false],
    [
        'vitest, contexts in threads',
        'vitest',
        [...VITEST, '--pool=vmThreads'],
        COMMON_TESTS + MODULE_TESTS,
        false
    ],
    ['jest, one process', 'jest', [...JEST, '--runInBand'], COMMON_TESTS, true],
    ['jest, pool of processes', 'jest', [...JEST, '--maxWorkers=2'], COMMON_TESTS, false]
];

/** Runs a test runner to its end. */
async function run(t, node, name, args) {
    const {env, pids} = markedEnvironment();
    const child = spawn(node, [binary(name), ...args], {
        cwd: FOLDER,
        env: {...process.env, ...env, NODE_ENV: 'test', HOME: temporaryFolder(t)},
        stdio: ['ignore', 'pipe', 'pipe']
    });
    t.after(() => child.kill('SIGKILL'));
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
    const [code] = await once(child, 'close');
    return {code, output, errors, pids};
}

for (const [title, name, args, count, isOnAll] of RUNNERS) {
    for (const major of isOnAll ? NODE_MAJORS : [CURRENT_MAJOR]) {
        test(`${title}, Node.js ${major}`, async (t) => {
            const {code, output, errors, pids} = await run(t, nodeBinary(major), name, args);
            assert.equal(code, 0, `${errors}\n${output}`);
            const result = JSON.parse(output.slice(output.indexOf('{')));
            assert.deepEqual([result.numPassedTests, result.numTotalTests], [count, count], output);
            assert.doesNotMatch(errors, /did not exit|open handle|unhandled|hanging/i);
            await eventually('the end of all processes', () => pids().length === 0);
        });
    }
}

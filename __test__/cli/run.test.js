'use strict';

const assert = require('node:assert/strict');
const os = require('node:os');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const {eventually, workplace} = require('../support/cli');

const JOBS = {
    'ok.js': `console.log('printed', JSON.stringify(require('node:worker_threads').workerData.a), process.argv[2]);`,
    'exits.js': 'process.exit(3);',
    'throws.js': `throw new TypeError('not today');`,
    'killed.js': `process.kill(process.pid, 'SIGKILL');`,
    'spins.js': `console.log('spinning'); setInterval(() => {}, 1000);`,
    'deaf.js': `
        console.log('deaf');
        require('node:worker_threads').parentPort.on('message', (message) => console.log('got', message));
        process.on('SIGTERM', () => {});
        setInterval(() => {}, 1000);`,
    'deaf-function.js': `
        module.exports = (_data, run) => new Promise(() => {
            console.log('deaf');
            run.signal.addEventListener('abort', () => console.log('got cancel'));
            process.on('SIGTERM', () => {});
            setInterval(() => {}, 1000);
        });`,
    'polite.js': `
        const {parentPort} = require('node:worker_threads');
        parentPort.on('message', () => parentPort.postMessage('cancelled'));
        console.log('polite');`,
    'eats.js': `const eaten = []; setInterval(() => eaten.push(Buffer.alloc(2e7, 1)), 5);`,
    // Fails until its second call in a folder.
    'flaky.js': `
        const fs = require('node:fs');
        if (!fs.existsSync('called')) {
            fs.writeFileSync('called', '');
            process.exit(1);
        }`,
    'function.js': `
        module.exports = async (data, run) => {
            run.progress(0.5, 'half');
            run.log('adds', {one: data.one});
            console.log('called');
            return {sum: data.one + data.two};
        };`
};

test('run runs a file in a process, with data and arguments, and prints what it prints', async (t) => {
    const {cli} = workplace(t, JOBS);
    const {exitCode, stdout, stderr} = await cli('run', 'ok.js', '--data', '{"a": [1]}', '--', '--flag');
    assert.deepEqual([exitCode, stdout], [0, 'printed [1] --flag\n']);
    // On a busy machine a process may have ended before its memory was read.
    assert.match(stderr, /^completed after \d+(?:\.\d)? m?s · cpu [^·]+(?: · peak \d+ MB)?\n$/);
});

test('run takes data from a file and from the standard input', async (t) => {
    const {cli, start, write} = workplace(t, JOBS);
    write('data.json', {a: 'from a file'});
    assert.match((await cli('run', 'ok.js', '--data', '@data.json')).stdout, /printed "from a file"/);
    const piped = await start(['run', 'ok.js', '--data', '-'], {input: '{"a": "piped"}'}).ended;
    assert.match(piped.stdout, /printed "piped"/);
});

test('run --quiet prints only what the job prints', async (t) => {
    const {cli} = workplace(t, JOBS);
    const {stdout, stderr} = await cli('run', 'ok.js', '-q');
    assert.deepEqual([stdout, stderr], ['printed undefined undefined\n', '']);
});

const ENDS = [
    ['exits.js', [], 3, /exited with code 3\nfailed after .* \(exit code 3\)\n$/],
    ['throws.js', [], 1, /^TypeError: not today\n {4}at .*throws\.js[^]*\nfailed after/],
    ['killed.js', [], 137, /\(SIGKILL\)\n$/],
    ['spins.js', ['--timeout', '100ms'], 124, /\(time limit\)\n$/],
    ['eats.js', ['--memory', '150'], 137, /\(memory limit\)\n$/]
];

test('the exit code of run is that of the job, or says what ended it', async (t) => {
    const {cli} = workplace(t, JOBS);
    for (const [file, options, expected, text] of ENDS) {
        await t.test(file, async () => {
            const {exitCode, stderr} = await cli('run', file, ...options);
            assert.equal(exitCode, expected, stderr);
            assert.match(stderr, text);
        });
    }
});

test('run retries, and tells each attempt', async (t) => {
    const {cli} = workplace(t, JOBS);
    const {exitCode, stderr} = await cli('run', 'flaky.js', '--attempts', '3', '--backoff', '100ms');
    assert.equal(exitCode, 0, stderr);
    const [first, second] = stderr.split('\n');
    assert.match(first, /^attempt 1 of 3 failed after \S+ m?s \(exit code 1\), next in (?:\d+ ms|0\.1 s)$/);
    assert.match(second, /^attempt 2 of 3 completed after /);
});

test('run --json prints one object, and the job prints to the standard error', async (t) => {
    const {cli} = workplace(t, JOBS);
    const good = await cli('run', 'ok.js', '--json', '--name', 'mine');
    const {run, exitCode} = good.json();
    assert.equal(exitCode, 0);
    assert.deepEqual([run.job, run.state, run.attempt, run.attempts], ['mine', 'completed', 1, 1]);
    assert.match(good.stderr, /^printed/);
    const bad = await cli('run', 'throws.js', '--json');
    assert.equal(bad.exitCode, 1);
    const failed = bad.json();
    assert.deepEqual([failed.exitCode, failed.run.state, failed.run.cause], [1, 'failed', 'error']);
    assert.deepEqual(failed.run.error.message, 'not today');
});

test('run --call calls the function that a file exports, and prints its result', async (t) => {
    const {cli} = workplace(t, JOBS);
    const {exitCode, stdout, stderr} = await cli(
        'run',
        'function.js',
        '--call',
        '--data',
        '{"one": 1, "two": 2}'
    );
    assert.deepEqual([exitCode, stdout], [0, 'called\n{ sum: 3 }\n']);
    assert.match(stderr, /^info {2}adds { one: 1 }\ncompleted after /);
    const json = await cli('run', 'function.js', '--call', '--json', '--data', '{"one": 1, "two": 2}');
    assert.deepEqual(json.json().run.result, {sum: 3});
    // A line of its log and one that it prints come by different ways.
    const [printed, logged] = json.stderr.trimEnd().split('\n').toSorted().toReversed();
    assert.equal(printed, 'called');
    assert.match(logged, /^\S+ info adds {"one":1}$/);
    const uncalled = await cli('run', 'function.js');
    assert.match(uncalled.stderr, /function\.js only exports a function, which was not called: use --call/);
});

test('run --json prints results that JSON has no form for', async (t) => {
    const {cli} = workplace(t, {
        'odd.js':
            'module.exports = () => { const odd = {big: 7n, map: new Map([[1, 2]])}; odd.self = odd; return odd; };'
    });
    const {run} = (await cli('run', 'odd.js', '--call', '--json')).json();
    assert.deepEqual(run.result, {big: '7', map: [[1, 2]], self: '[circular]'});
});

test('the first SIGINT cancels the job of run, which may tidy up', async (t) => {
    const {start} = workplace(t, JOBS);
    const {child, until, ended} = start(['run', 'polite.js']);
    await until('polite');
    child.kill('SIGINT');
    const {exitCode, stderr} = await ended;
    assert.equal(exitCode, 128 + os.constants.signals.SIGINT, stderr);
    assert.match(stderr, /^cancelling polite \(Ctrl-C again ends it at once\)\ncancelled after /);
});

for (const [what, args] of [
    ['job', ['run', 'deaf.js']],
    ['function', ['run', 'deaf-function.js', '--call']]
]) {
    test(`the second SIGINT ends a ${what} at once that heeds neither cancel nor SIGTERM`, async (t) => {
        const {start, pids} = workplace(t, JOBS);
        const {child, until, ended} = start(args);
        await until('deaf');
        child.kill('SIGINT');
        await until('got cancel');
        const secondAt = performance.now();
        child.kill('SIGINT');
        const {exitCode, stderr} = await ended;
        assert.equal(exitCode, 130, stderr);
        assert.doesNotMatch(stderr, /^ {4}at /m);
        // Its grace period is 5 s, and SIGKILL would come later still.
        assert.ok(performance.now() - secondAt < 4_000);
        if (process.platform === 'linux') {
            await eventually('the end of its processes', () => pids().length === 0);
        }
    });
}

test('SIGTERM to run cancels the job, and the exit code is 143', async (t) => {
    const {start} = workplace(t, JOBS);
    const {child, until, ended} = start(['run', 'polite.js']);
    await until('polite');
    child.kill('SIGTERM');
    assert.equal((await ended).exitCode, 143);
});

test('run leaves nothing in its folder', async (t) => {
    const {cli, folder} = workplace(t, {'ok.js': JOBS['ok.js']});
    await cli('run', 'ok.js');
    assert.deepEqual(fs.readdirSync(path.join(folder)).toSorted(), ['ok.js', 'run']);
});

'use strict';

// Bundles lib/ anew, and runs the test files of __test__/, or those given, each in a process of its own:
//     node scripts/test-javascript.js [FILE...]
// Node's own `--test` bounds a file's time in some versions and a single test's in others. Here a file that
// hangs is ended, and fails, in all of them.

const {spawn} = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {makeBundles} = require('./bundles');
const {ROOT} = require('./commands');
const {listFiles} = require('./stamp');

const FILE_LIMIT_MS = 5 * 60 * 1000;
const FILES_AT_ONCE = 2;
/** These mostly wait, for leases and for servers that are down: one of them runs beside the others. */
const WAITING = path.join('__test__', 'cluster') + path.sep;

/**
 * Runs one file. Its output goes through a file: a pipe stays open for as long as a process that a test left
 * behind lives.
 */
async function runFile(file, outputFile) {
    const output = fs.openSync(outputFile, 'w+');
    const child = spawn(process.execPath, ['--test-reporter=spec', file], {
        cwd: ROOT,
        stdio: ['ignore', output, output],
        timeout: FILE_LIMIT_MS,
        killSignal: 'SIGKILL'
    });
    const [exitCode, signal] = await new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (...end) => resolve(end));
    });
    fs.closeSync(output);
    return resultOf(file, fs.readFileSync(outputFile, 'utf8'), exitCode, signal);
}

/** Reads the counts from the closing lines of Node's `spec` reporter. */
function resultOf(file, output, exitCode, signal) {
    const count = (word) => Number(output.match(new RegExp(`^ℹ ${word} (\\d+)$`, 'm'))?.[1] ?? 0);
    const passed = count('pass');
    const failed = count('fail') + count('cancelled');
    const skipped = count('skipped') + count('todo');
    const problem =
        (signal && `ended by ${signal}, the limit is ${FILE_LIMIT_MS / 1000} s`) ||
        (exitCode !== 0 && failed === 0 && `exit code ${exitCode}`) ||
        (passed + failed === 0 && 'ran no test') ||
        (skipped > 0 && 'skipped a test');
    return {file, output, passed, failed: problem ? failed + 1 : failed, problem};
}

async function runAll(files) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'job-manager-tests-'));
    const all = files.map((file, index) => ({file, outputFile: path.join(folder, `${index}.txt`)}));
    const isWaiting = ({file}) => path.relative(ROOT, path.resolve(file)).startsWith(WAITING);
    const [idle, busy] = [all.filter(isWaiting), all.filter((each) => !isWaiting(each))];
    const results = [];

    async function runEach(waiting) {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
            const result = await runFile(next.file, next.outputFile);
            console.log(`\n-- ${result.file}\n${result.output.trimEnd()}`);
            results.push(result);
        }
    }
    await Promise.all([runEach(idle), ...Array.from({length: FILES_AT_ONCE}, () => runEach(busy))]);

    fs.rmSync(folder, {recursive: true});
    return results;
}

async function main() {
    const chosen = process.argv.slice(2);
    const files =
        chosen.length > 0 ? chosen : listFiles(['__test__']).filter((file) => file.endsWith('.test.js'));
    await makeBundles();
    const results = await runAll(files);

    console.log();
    for (const {file, failed, problem} of results.filter((result) => result.failed > 0)) {
        console.log(`failed: ${file}, ${problem || `${failed} tests`}`);
    }
    const passed = results.reduce((sum, result) => sum + result.passed, 0);
    const failed = results.reduce((sum, result) => sum + result.failed, 0);
    console.log(`# tests ${passed + failed}\n# pass ${passed}\n# fail ${failed}`);
    process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

main();

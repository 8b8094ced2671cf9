'use strict';

// Hosts in a terminal, made by `script` of util-linux.

const assert = require('node:assert/strict');
const {spawn} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {eventually} = require('../support/processes');
const {temporaryFolder} = require('../support/temporary-folder');

const HOST = path.join(__dirname, 'hosts/in-terminal.js');

/** Starts the host in a terminal of its own. `message` and `end` wait for what its job posts, and how it ends. */
function startInTerminal(t, job, {before = ''} = {}) {
    const file = path.join(temporaryFolder(t), 'outcome');
    const command = `${before} exec '${process.execPath}' '${HOST}' ${job} '${file}'`;
    const terminal = spawn('script', ['-qec', command, '/dev/null'], {stdio: ['pipe', 'pipe', 'inherit']});
    t.after(() => terminal.kill('SIGKILL'));
    const shown = [];
    terminal.stdout.setEncoding('utf8').on('data', (text) => shown.push(text));
    const written = (what) =>
        eventually(what, () => {
            const text = fs.existsSync(`${file}.${what}`) && fs.readFileSync(`${file}.${what}`, 'utf8');
            return text && JSON.parse(text);
        });
    return {terminal, shown, message: () => written('message'), end: () => written('end')};
}

if (process.platform === 'linux') {
    test('a job that asks the terminal gets an error, and is not stopped for ever', async (t) => {
        const {message, end} = startInTerminal(t, 'asks');
        assert.deepEqual(await end(), {cause: 'exit', code: 0});
        assert.deepEqual(await message(), {failed: true});
    });

    test('a job prints to a terminal that stops background jobs which print', async (t) => {
        const {shown, message, end} = startInTerminal(t, 'prints', {before: 'stty tostop;'});
        assert.deepEqual(await end(), {cause: 'exit', code: 0});
        assert.deepEqual(await message(), {isTTY: true});
        await eventually('what it printed', () => shown.join('').includes('printed'));
    });

    for (const job of ['outlives', 'comesLate']) {
        test(`a terminal that has gone fails no job that prints (${job})`, async (t) => {
            const {terminal, message, end} = startInTerminal(t, job);
            assert.equal(await message(), 'prints');
            terminal.kill('SIGKILL');
            assert.deepEqual(await end(), {cause: 'exit', code: 0});
            assert.equal(await message(), 'went on');
        });
    }
}

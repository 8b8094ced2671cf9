'use strict';

const assert = require('node:assert/strict');
const {execFile, execFileSync, spawn} = require('node:child_process');
const {once} = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {eventually, markedEnvironment} = require('./support/processes');
const {PROGRAM} = require('./support/cli');
const {temporaryFolder} = require('./support/temporary-folder');

const QUICKSTART = path.join(__dirname, '../examples/quickstart.js');

/** Runs the quickstart to its end. */
function runQuickstart(folder, ...options) {
    return new Promise((resolve) => {
        const args = [QUICKSTART, '--folder', folder, '--every-seconds', '1', ...options];
        execFile(process.execPath, args, (error, stdout, stderr) => {
            resolve({exitCode: error ? error.code : 0, stdout, stderr, table: parseTable(stdout)});
        });
    });
}

/** The rows of the table by the name of their job. */
function parseTable(stdout) {
    const rows = stdout.split('\n').filter((line) => line.split(' | ').length === 5);
    return Object.fromEntries(
        rows.map((row) => {
            const [job, kind, runs, outcome, status] = row.split(' | ').map((cell) => cell.trim());
            return [job, {kind, runs: Number(runs), outcome, status}];
        })
    );
}

const ranOnce = (kind, status = '-') => ({kind, runs: 1, outcome: 'finished', status});

test('every documented call has its documented outcome, and a second run refuses the one-off jobs', async (t) => {
    const folder = temporaryFolder(t);
    const oneOffs = ['members-migrations', 'generate-backup-2022-09-15'];

    const first = await runQuickstart(folder);
    assert.equal(first.exitCode, 0, first.stdout + first.stderr);
    const {'email-checker': every, 'email-checker-cron': cron, ...others} = first.table;
    assert.ok(every.runs >= 2 && every.outcome === 'finished' && every.status === '-', first.stdout);
    assert.ok(cron.runs >= 2 && cron.outcome === 'finished' && cron.status === '-', first.stdout);
    assert.deepEqual(others, {
        job: {kind: 'kind', runs: NaN, outcome: 'last outcome', status: 'row'},
        hello: ranOnce('inline function'),
        'email-module': ranOnce('inline module'),
        'email-checker-now': ranOnce('offloaded, now'),
        'members-migrations': ranOnce('one-off, inline', 'finished'),
        'generate-backup-2022-09-15': ranOnce('one-off, offloaded', 'finished'),
        'count-words': ranOnce('handler, offloaded'),
        'flaky-service': ranOnce('handler, three attempts'),
        'kept-count': ranOnce('handler, kept in the store'),
        'slow-report': {
            ...ranOnce('handler, cancelled'),
            outcome: 'cancelled: the quickstart has seen enough'
        }
    });

    const second = await runQuickstart(folder);
    assert.equal(second.exitCode, 0, second.stdout + second.stderr);
    for (const name of oneOffs) {
        assert.equal(second.table[name].runs, 0);
        assert.equal(
            second.table[name].outcome,
            `refused: A "${name}" one off job has already been executed.`
        );
        assert.equal(second.table[name].status, 'finished');
    }
});

test('a quickstart that is killed in the middle of a run recovers it at the next start, once', async (t) => {
    const folder = temporaryFolder(t);
    const killed = await runQuickstart(folder, '--kill');
    assert.match(killed.stdout, /kept-count: this process is killed/);
    assert.equal(killed.exitCode, null);
    const second = await runQuickstart(folder);
    assert.equal(second.exitCode, 0, second.stdout + second.stderr);
    assert.match(second.stdout, /kept-count: recovered from a process that died, attempt 2/);
    const third = await runQuickstart(folder);
    assert.match(third.stdout, /kept-count: was done by an earlier start, attempt 2/);
});

test('with --stay it ends by printing where its dashboard is, which shows the jobs, and Ctrl-C ends it', async (t) => {
    const folder = temporaryFolder(t);
    const runtime = path.join(folder, 'run');
    fs.mkdirSync(runtime, {mode: 0o700});
    const host = spawn(
        process.execPath,
        [QUICKSTART, '--folder', folder, '--every-seconds', '1', '--stay', '--port', '0'],
        {env: {...process.env, XDG_RUNTIME_DIR: runtime}, stdio: ['ignore', 'pipe', 'pipe']}
    );
    t.after(() => host.kill('SIGKILL'));
    let printed = '';
    const address = await new Promise((resolve, reject) => {
        host.stdout.setEncoding('utf8').on('data', (text) => {
            printed += text;
            const found = /The dashboard: (http:\S+)\n/.exec(printed);
            if (found) {
                resolve(found[1]);
            }
        });
        host.once('exit', (...end) => reject(new Error(`ended with ${end}: ${printed}`)));
    });
    assert.match(printed, /\nEvery job went as documented\.\n\nThe recurring jobs go on\./);
    const page = await fetch(address);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /email-checker-cron/);
    const list = execFileSync(process.execPath, [PROGRAM, 'list', 'email'], {
        encoding: 'utf8',
        env: {...process.env, XDG_RUNTIME_DIR: runtime}
    });
    assert.match(list, / email-checker-cron +every second\n/);
    host.kill('SIGINT');
    assert.deepEqual(await once(host, 'exit'), [0, null]);
});

// Found through /proc. The other systems' ways to end with the host are tested where they are built.
if (process.platform === 'linux') {
    /** Starts the quickstart with an e-mail that no job can ever read: a pipe without a writer. */
    async function startStuckQuickstart(t) {
        const folder = temporaryFolder(t);
        fs.mkdirSync(path.join(folder, 'inbox'));
        execFileSync('mkfifo', [path.join(folder, 'inbox/stuck.eml')]);
        const {env, pids} = markedEnvironment();
        const host = spawn(process.execPath, [QUICKSTART, '--folder', folder, '--every-seconds', '1'], {
            env: {...process.env, ...env},
            stdio: 'ignore'
        });
        t.after(() => host.kill('SIGKILL'));
        // The host, the job that runs now and the two recurring ones.
        await eventually('the quickstart with three workers', () => pids().length >= 4);
        return {host, pids};
    }

    test('kill -9 of the quickstart leaves no process behind', async (t) => {
        const {host, pids} = await startStuckQuickstart(t);
        host.kill('SIGKILL');
        await eventually('the end of every process', () => pids().length === 0);
    });

    test('an interrupt while jobs are being registered ends the quickstart, and what is registered after it', async (t) => {
        const host = spawn(process.execPath, [QUICKSTART, '--folder', temporaryFolder(t)], {
            stdio: ['ignore', 'pipe', 'ignore']
        });
        t.after(() => host.kill('SIGKILL'));
        // Its first line: the database is not open yet.
        await once(host.stdout, 'data');
        host.kill('SIGINT');
        host.stdout.resume();
        assert.deepEqual(await once(host, 'exit'), [1, null]);
    });

    test('an interrupt shuts the quickstart down, with workers that do not heed it', async (t) => {
        const {host, pids} = await startStuckQuickstart(t);
        host.kill('SIGINT');
        const [exitCode] = await once(host, 'exit');
        assert.equal(exitCode, 1);
        await eventually('the end of every process', () => pids().length === 0);
    });
}

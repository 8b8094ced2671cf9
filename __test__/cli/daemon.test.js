'use strict';

// The daemon: a host made of a configuration. What it does on signals, and under systemd.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const {PROGRAM, eventually, workplace} = require('../support/cli');

/** Says that it runs, and goes on until SIGUSR2, or 'cancel'. */
const WAITS = (word) => `
    const {parentPort} = require('node:worker_threads');
    parentPort.on('message', (message) => message === 'cancel' && parentPort.postMessage('cancelled'));
    process.on('SIGUSR2', () => { console.log('${word} ends'); parentPort.postMessage('done'); });
    console.log('${word} runs');
`;
const DEAF = `
    require('node:worker_threads').parentPort.on('message', () => console.log('deaf is asked'));
    process.on('SIGTERM', () => {});
    setInterval(() => {}, 1000);
    console.log('deaf runs');
`;
const waits = {name: 'waits', at: 'every year', job: './waits.js'};
const now = {name: 'now', job: './now.js'};

const jobsOf = async ({cli}) => (await cli('list', '--json')).json().jobs.map(({name}) => name);

/** Puts another configuration in place, and waits until the daemon has read it. */
async function reload({write}, daemon, config, text = /The configuration was read again: .*\n/) {
    const before = daemon.stdout().length;
    write('jobs.json', config);
    daemon.child.kill('SIGHUP');
    await eventually('the end of the reload', () => text.test(daemon.stdout().slice(before)));
    return daemon.stdout().slice(before);
}

/** Starts a run of the job "waits". */
async function startRun({cli}, daemon, word = 'waits') {
    const {id} = (await cli('trigger', 'waits', '--json')).json();
    await daemon.until(`${word} runs`);
    const {run} = (await cli('show', id, '--json')).json();
    return run;
}

test('a daemon runs its jobs, is seen by the command line, and ends with 0 on SIGTERM', async (t) => {
    const place = workplace(t, {'now.js': `console.log('now has run');`, 'waits.js': WAITS('waits')});
    const daemon = await place.daemon({jobs: [now, waits], handlers: [{name: 'function', job: './now.js'}]});
    await daemon.until('now has run');
    await daemon.until(/Job "now" completed after .*, run [0-9a-f]{8}-\d+\n/);
    assert.deepEqual(await jobsOf(place), ['function', 'now', 'waits']);
    assert.equal((await place.cli('logs', 'now')).stdout, 'now has run\n');
    assert.deepEqual(fs.readdirSync(place.sockets), [`jobs-${daemon.child.pid}.sock`]);
    daemon.child.kill('SIGTERM');
    const {exitCode, stdout, stderr} = await daemon.ended;
    assert.deepEqual([exitCode, stderr], [0, '']);
    const lines = stdout
        .trimEnd()
        .split('\n')
        .filter((line) => line !== 'now has run');
    lines.forEach((line) =>
        assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?:info |warn |error) \S/)
    );
    assert.match(lines.at(-2), /info {2}SIGTERM: shutting down$/);
    assert.deepEqual(fs.readdirSync(place.sockets), []);
});

test('a daemon without a job that is due lives on', async (t) => {
    const place = workplace(t, {'now.js': ''});
    const daemon = await place.daemon({handlers: [{name: 'function', job: './now.js'}]});
    assert.deepEqual(await jobsOf(place), ['function']);
    daemon.child.kill('SIGINT');
    assert.equal((await daemon.ended).exitCode, 0);
});

test('a daemon serves a dashboard where it is asked to', async (t) => {
    const place = workplace(t, {'waits.js': WAITS('waits')});
    const daemon = await place.daemon({jobs: [waits], dashboard: {port: 0, title: 'Nightly'}});
    const [, address] = /dashboard (http:\S+)/.exec(daemon.stdout());
    assert.match(await (await fetch(address)).text(), /<title>Overview · Nightly<\/title>/);
    daemon.child.kill('SIGTERM');
    assert.equal((await daemon.ended).exitCode, 0);
});

test('paths count from the folder of the configuration', async (t) => {
    const place = workplace(t, {'etc/now.js': `console.log('found');`});
    place.write('etc/jobs.json', {manager: {store: 'runs.db'}, jobs: [now]});
    const daemon = await place.daemon('etc/jobs.json');
    await daemon.until('found');
    assert.ok(fs.existsSync(path.join(place.folder, 'etc/runs.db')));
});

test('a configuration with a fault does not start: 2, with each fault', async (t) => {
    const {cli, write} = workplace(t);
    write('jobs.json', {
        jobs: [
            {name: 'a', at: 'every dai', job: './a.js'},
            {name: 'b', job: './b.js'}
        ]
    });
    const {exitCode, stderr} = await cli('daemon', 'jobs.json');
    assert.equal(exitCode, 2);
    assert.match(stderr, /^job-manager: jobs\.json: jobs\[0\]\.at: .*\n[^]*\n +jobs\.json: jobs\[1\]\.job: /);
});

test('a daemon that cannot begin says why: a store in use, a control socket in use, a port in use', async (t) => {
    const place = workplace(t, {'now.js': ''});
    const first = await place.daemon({
        manager: {store: './runs.db'},
        jobs: [now],
        control: {socket: path.join(place.runtime, 'own.sock')}
    });
    const second = async (config) => {
        place.write('second.json', config);
        return place.cli('daemon', 'second.json');
    };
    const store = await second({manager: {store: './runs.db'}, jobs: [now]});
    assert.equal(store.exitCode, 1);
    assert.match(store.stderr, /^job-manager: .*runs\.db/);
    const socket = await second({jobs: [now], control: {socket: path.join(place.runtime, 'own.sock')}});
    assert.equal(socket.exitCode, 1);
    assert.match(socket.stderr, /another host listens on .*own\.sock/);
    first.child.kill('SIGTERM');
    assert.equal((await first.ended).exitCode, 0);
});

test('SIGHUP adds, removes and changes jobs, and leaves the others alone', async (t) => {
    const place = workplace(t, {'now.js': '', 'waits.js': WAITS('waits')});
    const daily = {name: 'daily', at: 'every day at 02:30', job: './now.js'};
    const daemon = await place.daemon({jobs: [now, waits, daily]});
    await daemon.until('Job "now" completed');
    const log = await reload(place, daemon, {
        jobs: [now, {...daily, at: 'every day at 04:30'}, {name: 'new', at: 'every hour', job: './now.js'}]
    });
    assert.match(log, /read again: added new; changed daily; removed waits; 1 unchanged\n/);
    const {jobs} = (await place.cli('list', '--json')).json();
    assert.deepEqual(
        jobs.map(({name, schedule}) => [name, schedule?.text]),
        [
            ['daily', 'every day at 04:30'],
            ['new', 'every hour'],
            ['now', undefined]
        ]
    );
    // A job without a time runs when it is added, and not again.
    assert.equal(jobs[2].totals.completed, 1);
});

test('SIGHUP with a broken file changes nothing, and is logged with the place of the fault', async (t) => {
    const place = workplace(t, {'now.js': '', 'waits.js': WAITS('waits')});
    const daemon = await place.daemon({jobs: [waits]});
    const run = await startRun(place, daemon);
    const nothing = /The configuration was not read again, and nothing has changed: (.*)\n/;
    const broken = await reload(place, daemon, '{"jobs": [1,}', nothing);
    assert.match(nothing.exec(broken)[1], /jobs\.json:1:13: not valid JSON/);
    const faulty = await reload(place, daemon, {jobs: [waits, {...now, at: 'every dai'}]}, nothing);
    assert.match(nothing.exec(faulty)[1], /jobs\.json: jobs\[1\]\.at: Invalid schedule format/);
    fs.rmSync(path.join(place.folder, 'jobs.json'));
    daemon.child.kill('SIGHUP');
    await daemon.until(/nothing has changed: .*there is no such file/);
    assert.deepEqual(await jobsOf(place), ['waits']);
    assert.equal((await place.cli('show', run.id, '--json')).json().run.state, 'running');
    // And the next good one is read.
    assert.match(
        await reload(place, daemon, {jobs: [waits, {...now, at: 'every hour'}]}),
        /added now; 1 unchanged/
    );
});

test('a run goes on under the definition that it began with, and the new one holds from then on', async (t) => {
    const place = workplace(t, {'waits.js': WAITS('old'), 'other.js': WAITS('new')});
    const daemon = await place.daemon({jobs: [waits]});
    const run = await startRun(place, daemon, 'old');
    const log = await reload(place, daemon, {
        jobs: [{...waits, job: './other.js', at: 'every day at 02:30'}]
    });
    assert.match(log, /Job "waits" has changed: that holds when the run that goes has ended\n/);
    const meanwhile = (await place.cli('show', 'waits', '--json')).json().job;
    assert.deepEqual([meanwhile.running, meanwhile.schedule.text], [1, 'on the 1st of January at 00:00']);
    process.kill(run.pid, 'SIGUSR2');
    await daemon.until('Job "waits" goes by its new definition');
    await daemon.until('old ends');
    const {job} = (await place.cli('show', 'waits', '--json')).json();
    assert.deepEqual([job.state, job.schedule.text], ['armed', 'every day at 02:30']);
    await startRun(place, daemon, 'new');
});

test('a job that is removed while it runs is let go to its end, and gets no run any more', async (t) => {
    const place = workplace(t, {'waits.js': WAITS('waits'), 'now.js': ''});
    const daemon = await place.daemon({jobs: [waits, {...now, at: 'every hour'}]});
    const run = await startRun(place, daemon);
    await reload(place, daemon, {jobs: [{...now, at: 'every hour'}]});
    const {job} = (await place.cli('show', 'waits', '--json')).json();
    assert.deepEqual(
        [job.state, job.paused.note],
        ['paused', 'its definition has changed: waits for the end of its run']
    );
    process.kill(run.pid, 'SIGUSR2');
    await daemon.until('waits ends');
    await daemon.until(/Job "waits" completed/);
    while ((await jobsOf(place)).includes('waits'));
    assert.deepEqual(await jobsOf(place), ['now']);
});

test('a definition that is taken back before its run has ended changes nothing', async (t) => {
    const place = workplace(t, {'waits.js': WAITS('waits')});
    const daemon = await place.daemon({jobs: [waits]});
    const run = await startRun(place, daemon);
    await reload(place, daemon, {jobs: [{...waits, timeout: 60_000}]});
    await reload(place, daemon, {jobs: [waits]});
    const {job} = (await place.cli('show', 'waits', '--json')).json();
    assert.deepEqual([job.state, job.paused, job.options.timeout], ['running', undefined, undefined]);
    process.kill(run.pid, 'SIGUSR2');
    await daemon.until(/Job "waits" completed/);
    assert.equal((await place.cli('show', 'waits', '--json')).json().job.totals.completed, 1);
});

test('a run that waits for another attempt has it before its job is replaced', async (t) => {
    const fails = `if (process.env.ok || require('node:fs').existsSync('ok')) { console.log('attempt 2 is good'); } else { process.exit(1); }`;
    const place = workplace(t, {'fails.js': fails});
    const job = {name: 'fails', at: 'every year', job: './fails.js', attempts: 3, backoff: 1_500};
    const daemon = await place.daemon({jobs: [job]});
    await place.cli('trigger', 'fails');
    await daemon.until(/attempt 1 of 3/);
    await reload(place, daemon, {jobs: [{...job, attempts: 1, backoff: undefined}]});
    place.write('ok', '');
    await daemon.until('attempt 2 is good');
    await daemon.until('Job "fails" goes by its new definition');
    assert.equal((await place.cli('show', 'fails', '--json')).json().job.options.attempts, 1);
});

test("an operator's pause outlives a change of the job", async (t) => {
    const place = workplace(t, {'now.js': ''});
    const daily = {name: 'daily', at: 'every day at 02:30', job: './now.js'};
    const daemon = await place.daemon({jobs: [daily]});
    await place.cli('pause', 'daily', '--note', 'migration');
    await reload(place, daemon, {jobs: [{...daily, at: 'every hour'}]});
    const {job} = (await place.cli('show', 'daily', '--json')).json();
    assert.deepEqual(
        [job.schedule.text, job.paused.by, job.paused.note],
        ['every hour', 'operator', 'migration']
    );
});

test('a changed manager holds from the next start, and that is said', async (t) => {
    const place = workplace(t, {'now.js': ''});
    const daily = {name: 'daily', at: 'every day at 02:30', job: './now.js'};
    const daemon = await place.daemon({jobs: [daily]});
    const log = await reload(place, daemon, {manager: {maxWorkers: 1}, control: false, jobs: [daily]});
    assert.match(log, /warn {2}Changes of manager, control hold from the next start\n/);
});

test('a module is read again with what it requires, and functions are compared by their source', async (t) => {
    const module_ = (hour, text) => `
        const {hour} = require('./hour.js');
        module.exports = () => ({jobs: [
            {name: 'daily', at: \`every day at \${hour}:30\`, job: './now.js'},
            {name: 'inline', at: 'every day', offloaded: false, job: () => '${text}'}
        ]});
    `;
    const place = workplace(t, {
        'now.js': '',
        'hour.js': 'exports.hour = 2;',
        'jobs.config.js': module_(2, 'one')
    });
    const daemon = await place.daemon('jobs.config.js');
    const again = async (text) => {
        daemon.child.kill('SIGHUP');
        await daemon.until(text);
    };
    await again('read again: 2 unchanged');
    place.write('hour.js', 'exports.hour = 5;');
    await again('changed daily; 1 unchanged');
    place.write('jobs.config.js', module_(5, 'two'));
    await again('changed inline; 1 unchanged');
    assert.match((await place.cli('list', 'daily')).stdout, /every day at 05:30/);
});

test('a second signal ends the daemon at once, and the kernel its jobs', async (t) => {
    const place = workplace(t, {'deaf.js': DEAF});
    const daemon = await place.daemon({jobs: [{name: 'deaf', job: './deaf.js'}]});
    await daemon.until('deaf runs');
    daemon.child.kill('SIGTERM');
    await daemon.until('deaf is asked');
    const secondAt = performance.now();
    daemon.child.kill('SIGTERM');
    const {exitCode, stdout} = await daemon.ended;
    assert.equal(exitCode, 143);
    assert.match(stdout, /warn {2}SIGTERM again: ends at once\n/);
    assert.ok(performance.now() - secondAt < 4_000);
    if (process.platform === 'linux') {
        await eventually('the end of its jobs', () => place.pids().length === 0);
    }
});

test('a daemon whose log is read no more goes on', async (t) => {
    const place = workplace(t, {'waits.js': WAITS('waits')});
    place.write('jobs.json', {jobs: [{...waits, at: 'every second', job: './now.js'}]});
    place.write('now.js', `console.log('tick');`);
    const command = `"${process.execPath}" "${PROGRAM}" daemon jobs.json`;
    // The reader ends after the first line.
    const shell = place.startProgram('bash', ['-c', `${command} > >(head -n 1) & echo "daemon $!"; wait`]);
    await shell.until(/daemon \d+\n/);
    const pid = Number(/daemon (\d+)/.exec(shell.stdout())[1]);
    t.after(() => process.kill(pid, 'SIGKILL'));
    const ran = async () => (await place.cli('list', '--json')).json().jobs?.[0]?.totals.completed >= 2;
    while (!(await ran()));
    process.kill(pid, 0);
});

const SLOW = `
    export default async () => {
        await new Promise((resolve) => {
            process.once('SIGUSR2', resolve);
            console.log('is being read');
        });
        return {jobs: []};
    };
`;

test('signals that come while the configuration is being read are heeded', async (t) => {
    const place = workplace(t, {'jobs.config.mjs': SLOW});
    const ending = place.start(['daemon', 'jobs.config.mjs']);
    await ending.until('is being read');
    ending.child.kill('SIGTERM');
    assert.equal((await ending.ended).exitCode, 0);
    const reloading = place.start(['daemon', 'jobs.config.mjs']);
    await reloading.until('is being read');
    reloading.child.kill('SIGHUP');
    reloading.child.kill('SIGUSR2');
    await reloading.until(/0 jobs of [^]*is being read/);
    reloading.child.kill('SIGUSR2');
    await reloading.until('The configuration was read again: 0 unchanged');
});

test('a daemon ends although its configuration has left something open', async (t) => {
    const place = workplace(t, {
        'jobs.config.js': `setInterval(() => {}, 1000); module.exports = {jobs: []};`
    });
    const daemon = await place.daemon('jobs.config.js');
    daemon.child.kill('SIGTERM');
    assert.equal((await daemon.ended).exitCode, 0);
});

test('--json logs an object in each line', async (t) => {
    const place = workplace(t, {'now.js': ''});
    place.write('jobs.json', {jobs: [now]});
    const daemon = place.start(['daemon', 'jobs.json', '--json']);
    await daemon.until('completed after');
    daemon.child.kill('SIGTERM');
    const {stdout} = await daemon.ended;
    for (const line of stdout.trimEnd().split('\n')) {
        assert.deepEqual(Object.keys(JSON.parse(line)), ['time', 'level', 'message']);
    }
});

test('in the journal of systemd, lines have a priority and no time', async (t) => {
    const place = workplace(t, {'now.js': 'process.exit(3);'});
    place.write('jobs.json', {jobs: [now]});
    const log = path.join(place.folder, 'log');
    // systemd names the journal by the device and inode of the standard output.
    const script = `exec >log; export JOURNAL_STREAM=$(stat -c %d:%i log); exec "${process.execPath}" "${PROGRAM}" daemon jobs.json`;
    const daemon = place.startProgram('bash', ['-c', script]);
    await eventually(
        'the end of the job',
        () => fs.existsSync(log) && /exit code 3/.test(fs.readFileSync(log, 'utf8'))
    );
    daemon.child.kill('SIGTERM');
    await daemon.ended;
    const lines = fs.readFileSync(log, 'utf8').trimEnd().split('\n');
    lines.forEach((line) => assert.match(line, /^<[346]>\S/));
    assert.ok(lines.some((line) => line.startsWith('<4>Job "now" failed')));
});

if (process.platform === 'linux') {
    /** What a service manager hears, a line for each report: the socket of NOTIFY_SOCKET, in Perl. */
    const LISTENER = `
        use IO::Socket::UNIX; use Socket; $| = 1;
        my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die $!;
        print "listens\\n";
        while (defined $socket->recv(my $report, 4096)) { $report =~ s/\\n/ /g; print "$report\\n"; }
    `;

    test('under systemd it reports that it is ready, reads its configuration again, and stops', async (t) => {
        const place = workplace(t, {'env.js': `console.log('job has', process.env.NOTIFY_SOCKET);`});
        const notify = path.join(place.folder, 'notify');
        const systemd = place.startProgram('perl', ['-e', LISTENER, notify]);
        await systemd.until('listens');
        const config = {jobs: [{name: 'env', job: './env.js'}]};
        const daemon = await place.daemon(config, {env: {NOTIFY_SOCKET: notify, WATCHDOG_USEC: '200000'}});
        await systemd.until('READY=1 STATUS=1 job\n');
        await daemon.until('job has undefined');
        await systemd.until('WATCHDOG=1\n');
        daemon.child.kill('SIGHUP');
        await systemd.until(/RELOADING=1 MONOTONIC_USEC=\d+\n[^]*READY=1 STATUS=1 job\n/);
        daemon.child.kill('SIGTERM');
        await systemd.until('STOPPING=1');
        assert.equal((await daemon.ended).exitCode, 0);
    });

    test('a service with a RuntimeDirectory has its control socket there', async (t) => {
        const place = workplace(t, {'now.js': ''});
        const socket = path.join(place.runtime, 'control.sock');
        const daemon = await place.daemon({jobs: [now]}, {env: {RUNTIME_DIRECTORY: place.runtime}});
        assert.ok(daemon.stdout().includes(`control socket ${socket}\n`), daemon.stdout());
        assert.equal((await place.cli('list', '--socket', socket)).exitCode, 0);
    });

    test('a service manager that does not answer is warned about, and the daemon goes on', async (t) => {
        const place = workplace(t, {'now.js': ''});
        const daemon = await place.daemon(
            {jobs: [now]},
            {env: {NOTIFY_SOCKET: path.join(place.folder, 'none')}}
        );
        await daemon.until(/systemd was not told "READY=1": the service manager does not answer at .*none/);
        assert.deepEqual(await jobsOf(place), ['now']);
    });
}

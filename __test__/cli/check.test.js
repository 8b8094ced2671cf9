'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const {workplace} = require('../support/cli');

const JOB = `require('node:fs').writeFileSync(require('node:path').join(__dirname, 'ran'), '');`;
const GOOD = {
    manager: {timezone: 'Europe/London', store: './jobs.db', job: {attempts: 2}},
    jobs: [
        {name: 'backup', at: 'every day at 02:30', job: './jobs/backup.js'},
        {job: './jobs/backup-now.js'},
        {name: 'inline', at: 'every hour', offloaded: false, job: './jobs/backup.js'},
        {name: 'inline-now', offloaded: false, job: './jobs/backup.js'}
    ],
    handlers: [{name: 'resize', job: './jobs/backup.js'}]
};

test('check shows each job with its schedule and next due time, and runs nothing', async (t) => {
    const {cli, folder} = workplace(t, {
        'etc/good.json': GOOD,
        'etc/jobs/backup.js': JOB,
        'etc/jobs/backup-now.js': JOB
    });
    const {exitCode, stdout, stderr} = await cli('check', 'etc/good.json');
    assert.deepEqual([exitCode, stderr], [0, ''], stdout);
    const [title, backup, now, ...rest] = stdout.split('\n');
    assert.match(title, /^NEXT +LEFT +JOB +SCHEDULE$/);
    assert.match(
        backup,
        /^\w{3} \d{4}-\d\d-\d\d 0[12]:30 UTC +\S+ .* backup +every day at 02:30 \(Europe\/London\)$/
    );
    assert.match(now, /^– +– +backup-now +once, when the daemon starts$/);
    assert.match(rest.at(-3), /resize +when it is asked for$/);
    assert.equal(rest.at(-2), '5 jobs, no fault');
    assert.deepEqual(fs.readdirSync(path.join(folder, 'etc/jobs')).toSorted(), [
        'backup-now.js',
        'backup.js'
    ]);
    assert.ok(!fs.existsSync(path.join(folder, 'etc/jobs.db')));
});

test('check --json gives one object', async (t) => {
    const {cli} = workplace(t, {'good.json': GOOD, 'jobs/backup.js': '', 'jobs/backup-now.js': ''});
    const {ok, faults, jobs} = (await cli('check', 'good.json', '--json')).json();
    assert.deepEqual([ok, faults, jobs.length], [true, [], 5]);
    assert.deepEqual(Object.keys(jobs[0]), ['name', 'source', 'schedule', 'timezone', 'next']);
});

const FAULTS = [
    [{name: 'a', at: 'every 5 minuts', job: './a.js'}, 'jobs[0].at', /"minuts", in "every 5 minuts"/],
    [{name: 'a', at: 'every 30th of february', job: './a.js'}, 'jobs[0].at', /never falls due/],
    [
        {name: 'a', at: 'every day', timezone: 'Mars', job: './a.js'},
        'jobs[0].timezone',
        /Unknown time zone "Mars"/
    ],
    [{name: 'a', at: 'every day', job: './b.js'}, 'jobs[0].job', /There is no such file\. There is "a\.js"/],
    [{name: 'a', at: 'every day', job: './b.js', offloaded: false}, 'jobs[0].job', /There is no such file/],
    [{name: 'a', at: 'every day'}, 'jobs[0].job', /needs a path or a function/],
    [{name: 'a', job: './a.js', timout: 3}, 'jobs[0].timout', /Did you mean "timeout"\?/],
    [{name: 'a', job: './a.js', timeout: '10m'}, 'jobs[0].timeout', /must be a number of milliseconds/],
    [{name: 'a', job: './a.js', cron: '* * * * *'}, 'jobs[0].cron', /write it as "at"/],
    [{name: 'a', job: './a.js', retries: 3}, 'jobs[0].retries', /use "attempts"/],
    [{name: 'a', job: './a.js', worker: {evn: {}}}, 'jobs[0].worker.evn', /Did you mean "env"\?/],
    [{name: 'index', job: './a.js'}, 'jobs[0].name', /reserved job name/],
    [7, 'jobs[0]', /must be an object such as/]
];

test('check ends with 2, and names the place of each fault', async (t) => {
    const {cli, write} = workplace(t, {'a.js': ''});
    for (const [job, key, text] of FAULTS) {
        await t.test(JSON.stringify(job), async () => {
            write('config.json', {jobs: [job]});
            const {exitCode, stdout} = await cli('check', 'config.json');
            assert.equal(exitCode, 2);
            assert.ok(stdout.startsWith(`config.json: ${key}: `), stdout);
            assert.match(stdout, text);
            assert.match(stdout, /\n1 fault\n$/);
        });
    }
});

test('check finds every fault of a file, names that are used twice, and unknown parts', async (t) => {
    const {cli, write} = workplace(t, {'a.js': ''});
    write('config.json', {
        manager: {maxWorkers: 'many'}
    });
    assert.match((await cli('check', 'config.json')).stdout, /config\.json: manager\.maxWorkers: /);
    write('config.json', {
        jobs: [
            {name: 'a', at: 'every dai', job: './a.js'},
            {name: 'b', job: './c.js'},
            {name: 'a', job: './a.js'}
        ],
        handlers: [{name: 'h', job: './a.js', queue: 'none'}]
    });
    const {json, exitCode} = await cli('check', 'config.json', '--json');
    assert.equal(exitCode, 2);
    assert.deepEqual(
        json().faults.map(({key}) => key),
        ['jobs[0].at', 'jobs[1].job', 'jobs[2].name', 'handlers[0].queue']
    );
    write('config.json', {control: {sokcet: 'x'}, dashboard: {prot: 1, port: 'a', actions: ['rnu']}});
    assert.deepEqual(
        (await cli('check', 'config.json', '--json')).json().faults.map(({key}) => key),
        ['control.sokcet', 'dashboard.port', 'dashboard.prot', 'dashboard.actions']
    );
    write('config.json', {manger: {}, jobs: [{name: 'a', at: 'every 2 minuts', job: './a.js'}]});
    assert.deepEqual(
        (await cli('check', 'config.json', '--json')).json().faults.map(({key}) => key),
        ['manger', 'jobs[0].at']
    );
    write('config.json', {job: [], dashboard: 3001});
    const shape = await cli('check', 'config.json');
    assert.match(shape.stdout, /config\.json: job: this is not known\n +Did you mean "jobs"\?/);
    assert.match(shape.stdout, /config\.json: dashboard: must be true, false or an object/);
    write('config.json', []);
    assert.match((await cli('check', 'config.json')).stdout, /config\.json: it must be an object/);
});

const BROKEN = [
    ['{"jobs": [1,}', ':1:13: '],
    ['{"a": 1\n "b": 2}', ':2:2: '],
    ['{"a": "x', ':1:9: '],
    ['{\n  "jobs": [\n    {"name": "x" // a comment\n}]}', ':3:18: '],
    ['', ':1:1: ']
];

test('JSON that is broken is reported with its line and column', async (t) => {
    const {cli, write} = workplace(t);
    for (const [text, place] of BROKEN) {
        write('config.json', text);
        const {exitCode, stderr} = await cli('check', 'config.json');
        assert.equal(exitCode, 2);
        assert.ok(stderr.startsWith(`job-manager: config.json${place}not valid JSON: `), stderr);
    }
});

test('a configuration may be a module: CommonJS or ES, an object or a function', async (t) => {
    const {cli, write} = workplace(t, {'a.js': ''});
    const jobs = `{jobs: [{name: 'a', at: 'every hour', job: './a.js'}]}`;
    const files = {
        'object.js': `module.exports = ${jobs};`,
        'function.cjs': `module.exports = () => (${jobs});`,
        'async.mjs': `export default async () => (${jobs});`,
        'inline.mjs': `export default {jobs: [{name: 'a', at: 'every hour', offloaded: false, job: () => {}}]};`
    };
    for (const [file, text] of Object.entries(files)) {
        write(file, text);
        const {exitCode, stdout, stderr} = await cli('check', file);
        assert.equal(exitCode, 0, stdout + stderr);
    }
    write('throws.js', `throw new Error('no database');`);
    const {exitCode, stderr} = await cli('check', 'throws.js');
    assert.equal(exitCode, 2);
    assert.match(stderr, /throws\.js: it cannot be loaded\n[^]*Error: no database\n +at .*throws\.js:1/);
    assert.doesNotMatch(stderr, /node:internal/);
});

test('check ends although a configuration has left something open', async (t) => {
    const {cli} = workplace(t, {
        'jobs.config.js': `setInterval(() => {}, 1000); module.exports = {jobs: []};`
    });
    assert.equal(
        (await cli('check', 'jobs.config.js')).stdout.trimEnd().split('\n').at(-1),
        '0 jobs, no fault'
    );
});

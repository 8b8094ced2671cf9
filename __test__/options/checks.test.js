'use strict';

// Names and types of options: what is refused, what is warned about, and what is let through.

const assert = require('node:assert/strict');
const path = require('node:path');
const {test} = require('node:test');
const {SHARE_ENV} = require('node:worker_threads');
const JobManager = require('../..');
const {createManager, recordingLogger} = require('../inline/support');

const JOB = path.join(__dirname, '..', 'fixtures', 'compat', 'simple.js');
const NEVER = '0 0 3 1 1 *';
const nothing = () => {};

/** An IncorrectUsageError with the code, whose message has every one of the parts. */
const refusal =
    (...parts) =>
    (error) => {
        assert.equal(error.errorType, 'IncorrectUsageError');
        assert.equal(error.code, 'INVALID_OPTION');
        parts.forEach((part) => assert.ok(error.message.includes(part), `${error.message} has no ${part}`));
        assert.doesNotMatch(error.message, /convert|napi|rust/i);
        return true;
    };

const WRONG_JOB_OPTIONS = [
    ['offloaded', 'false', 'true or false, got the string "false"'],
    ['offloaded', 0, 'true or false, got the number 0'],
    ['timeout', '5s', 'milliseconds from 0 up, such as 5000, got the string "5s"'],
    ['timeout', null, 'got null'],
    ['timeout', -1, 'got the number -1'],
    ['timeout', Number.NaN, 'got the number NaN'],
    ['timeout', Infinity, 'got the number Infinity'],
    ['timeout', 1e300, 'got the number 1e+300'],
    ['timeout', 5n, 'got the BigInt 5'],
    ['startDeadline', '5s', 'got the string "5s"'],
    ['gracePeriod', null, 'got null'],
    ['memoryLimitMb', 0, 'megabytes above 0'],
    ['overlap', 'sometimes', "'skip', 'queue', 'queue-one', 'allow' or 'replace', got the string"],
    ['concurrency', 0, 'a whole number from 1 up, got the number 0'],
    ['attempts', 0, 'a whole number from 1 to 1,000, got the number 0'],
    ['attempts', 1001, 'from 1 to 1,000, got the number 1001'],
    ['attempts', 2.5, 'from 1 to 1,000'],
    ['attempts', '3', 'got the string "3"'],
    ['backoff', -1, 'milliseconds from 0 up such as 5000', 'got the number -1'],
    ['backoff', '5s', 'an array of 1 to 999', 'or a function, got the string "5s"'],
    ['backoff', [], 'got an array'],
    ['backoff', [1, '2'], 'got an array'],
    ['backoff', {type: 'linear'}, '"type" in "backoff"', "'fixed' or 'exponential', got the string"],
    ['backoff', {delay: -5}, '"delay" in "backoff"', 'got the number -5'],
    ['backoff', {factor: 0.5}, '"factor" in "backoff"', 'a number from 1 to 1000, got the number 0.5'],
    ['backoff', {jitter: 2}, '"jitter" in "backoff"', 'a number from 0 to 1, got the number 2'],
    ['backoff', {max: null}, '"max" in "backoff"', 'got null'],
    ['backoff', {delay: 50, max: 20}, '"backoff"', 'a "max" of 20 ms that is less than its "delay" of 50 ms'],
    ['backoff', {type: 'fixed', factor: 3}, '"backoff"', 'a "factor", which is for type: "exponential"'],
    ['retryOn', 'exit', "an array of causes such as ['exit', 'timeout'], got the string"],
    ['retryOn', ['crash'], `"retryOn"`, `has the string "crash", expected some of 'error', 'exit', 'signal'`],
    ['retryOn', ['exit', 'cancelled'], "has 'cancelled': a run that was cancelled is never tried again"],
    ['retryOn', [undefined], 'has undefined, expected some of'],
    ['retryOn', ['terminated'], "has 'terminated': a run that worker.terminate() has ended is never"],
    ['giveUpAfter', '1h', 'milliseconds from 0 up'],
    ['missed', null, "'once' or 'skip'"],
    ['timezone', 3, 'a string, got the number 3'],
    ['dst', 'once', "'upstream'"],
    ['worker', 'fast', 'an object of worker options'],
    ['worker', {argv: 'x'}, 'an array of strings, got the string "x"'],
    ['worker', {execArgv: {}}, 'an array of strings, got an object'],
    ['worker', {env: 'A=1'}, 'an object of environment variables'],
    ['worker', {env: ['A=1']}, 'got an array'],
    ['worker', {workerData: 5}, 'use "data" for another value'],
    ['worker', {stdout: 'true'}, 'true or false'],
    ['worker', {name: 5}, 'a string'],
    [
        'worker',
        {resourceLimits: {maxOldGenerationSizeMb: '64'}},
        '"maxOldGenerationSizeMb" in "worker.resourceLimits"'
    ]
];

for (const [option, value, ...parts] of WRONG_JOB_OPTIONS) {
    const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
    test(`a job whose ${option} is ${shown} (${typeof value}) is refused in words`, async (t) => {
        const {manager, lines} = createManager(t);
        const job = {name: 'report', at: NEVER, job: JOB, [option]: value};
        await assert.rejects(manager.addJob(job), refusal('"report"', ...parts));
        assert.deepEqual([manager.bree.config.jobs, lines.warn], [[], []]);
    });
}

for (const name of [5, {}, true, ['a']]) {
    test(`a job whose name is ${JSON.stringify(name)} is refused in words`, async (t) => {
        const {manager} = createManager(t);
        for (const offloaded of [true, false]) {
            const job = offloaded ? JOB : nothing;
            await assert.rejects(manager.addJob({name, job, offloaded}), refusal('"name"', 'a string'));
        }
        await assert.rejects(manager.addOneOffJob({name, job: JOB}), refusal('"name"', 'one-off job'));
    });
}

for (const key of ['cron', 'interval', 'schedule', 'every', 'repeat']) {
    test(`a job with "${key}" is refused with the advice to write "at", offloaded or inline`, async (t) => {
        const {manager} = createManager(t);
        for (const offloaded of [true, false]) {
            const job = {name: 'report', job: offloaded ? JOB : nothing, offloaded, [key]: '0 0 * * * *'};
            await assert.rejects(manager.addJob(job), refusal(`"${key}"`, 'write it as "at"'));
        }
        const oneOff = {name: 'once', job: JOB, [key]: 'daily'};
        await assert.rejects(manager.addOneOffJob(oneOff), refusal(`"${key}"`, 'run once'));
        assert.ok(manager.inlineQueue.idle());
    });
}

test('a job with "path" is refused with the advice to write "job"', async (t) => {
    const {manager} = createManager(t);
    await assert.rejects(manager.addJob({path: JOB}), refusal('write it as "job"'));
});

test('other unknown options give one warning for each name and manager, with the name that was meant', async (t) => {
    const {manager, lines} = createManager(t);
    for (let index = 0; index < 100; index += 1) {
        await manager.addJob({name: `${index}`, at: NEVER, job: JOB, offloded: false, colour: 'red'});
    }
    await manager.addJob({name: 'w', at: NEVER, job: JOB, worker: {resourcelimits: {}, stdin: true}});
    assert.deepEqual(lines.warn, [
        'The option "offloded" of job "0" is not known and has no effect. Did you mean "offloaded"?',
        'The option "colour" of job "0" is not known and has no effect. The README of @tryghost/job-manager lists the options.',
        'The option "resourcelimits" in "worker" of job "w" is not known and has no effect. Did you mean "resourceLimits"?',
        'The option "stdin" in "worker" of job "w" has no effect: an offloaded job runs in a process of its own'
    ]);
    const other = createManager(t);
    await other.manager.addJob({name: 'a', at: NEVER, job: JOB, colour: 'red'});
    assert.equal(other.lines.warn.length, 1, 'another manager has its own');
});

test('an option that is given as undefined is not given', async (t) => {
    const {manager, lines} = createManager(t);
    const unset = {cron: undefined, timeout: undefined, offloaded: undefined, colour: undefined};
    await manager.addJob({name: 'a', at: NEVER, job: JOB, ...unset});
    assert.deepEqual(lines.warn, []);
});

test('names of Object.prototype are unknown options like others', async (t) => {
    const {manager, lines} = createManager(t);
    await manager.addJob({
        name: 'a',
        at: NEVER,
        job: JOB,
        toString: nothing,
        ['__proto__']: 5,
        hasOwnProperty: 1
    });
    assert.deepEqual(lines.warn.map((line) => line.split('"')[1]).toSorted(), [
        '__proto__',
        'hasOwnProperty',
        'toString'
    ]);
});

test('a job that is registered through bree is checked as well', async (t) => {
    const {manager} = createManager(t);
    await assert.rejects(
        manager.bree.add({name: 'a', path: JOB, gracePeriod: 'long'}),
        refusal('"gracePeriod"')
    );
});

test('options of a schedule on a one-off job are warned about', async (t) => {
    const logger = recordingLogger();
    const manager = new JobManager({
        logger,
        JobModel: {findOne: async () => null, add: nothing, edit: nothing}
    });
    t.after(() => manager.shutdown());
    await manager.addOneOffJob({name: 'once', job: nothing, offloaded: false, at: 'daily'});
    assert.deepEqual(logger.lines.warn, [
        'The option "at" of one-off job "once" has no effect: a one-off job is run once, as soon as it is added'
    ]);
});

for (const given of ['a.js', undefined, null, 5, nothing]) {
    test(`addJob(${String(given)}) names the expected argument`, async (t) => {
        const {manager} = createManager(t);
        await assert.rejects(
            manager.addJob(given),
            refusal('addJob() takes an object such as {name: "report"')
        );
        await assert.rejects(manager.addOneOffJob(given), refusal('addOneOffJob() takes an object such as'));
    });
}

for (const job of [undefined, null, '', ' ', 5, {}]) {
    test(`a job that is ${JSON.stringify(job)} is refused, offloaded or inline`, async (t) => {
        const {manager} = createManager(t);
        for (const rest of [{}, {offloaded: false}, {offloaded: false, at: NEVER}, {name: undefined}]) {
            await assert.rejects(manager.addJob({name: 'report', job, ...rest}), {code: 'JOB_MISSING'});
        }
        assert.ok(manager.inlineQueue.idle());
    });
}

const WRONG_MANAGER_OPTIONS = [
    [{errorHandler: 'log'}, 'a function'],
    [{workerMessageHandler: {}}, 'a function'],
    [{JobModel: 'jobs'}, 'findOne()'],
    [{domainEvents: 5}, 'dispatchRaw()'],
    [{logger: 'console'}, 'info()'],
    [{worker: {env: 'A=1'}}, '"env" in "worker" of the manager'],
    [{inlineConcurrency: 0}, 'a whole number from 1 up, got the number 0'],
    [{inlineConcurrency: '3'}, 'got the string "3"'],
    [{maxWorkers: 1.5}, 'a whole number from 1 up'],
    [{warmWorkers: 'many'}, "'auto' or a whole number"],
    [{startTimeout: 0}, 'from 1 up'],
    [{gracePeriod: '5s'}, 'milliseconds'],
    [{staleAfter: Infinity}, 'milliseconds'],
    [{timezone: 3}, 'a string'],
    [{dst: true}, "'upstream'"]
];

for (const [options, ...parts] of WRONG_MANAGER_OPTIONS) {
    test(`a manager with ${JSON.stringify(options)} is refused in words`, () => {
        const [name] = Object.keys(options);
        assert.throws(() => new JobManager(options), refusal(`"${name}"`, ...parts));
    });
}

test('a manager takes no string', () => {
    assert.throws(() => new JobManager('config.json'), refusal('new JobManager() takes an object such as'));
});

test('a manager takes what hosts pass along, and null for what is not there', (t) => {
    const others = {console, db: {}, connection: {}, settings: [], errorHandler: null, JobModel: null};
    const {lines} = createManager(t, {
        ...others,
        domainEvents: null,
        worker: {env: SHARE_ENV},
        config: 1,
        events: 2
    });
    assert.deepEqual(lines.warn, []);
});

test("a manager warns of misspelt options, and of other schedulers'", (t) => {
    const {lines} = createManager(t, {jobModel: {}, errorHandlr: nothing, cron: '* * * * *', concurrency: 2});
    assert.deepEqual(lines.warn, [
        'The option "jobModel" of new JobManager() is not known and has no effect. Did you mean "JobModel"?',
        'The option "errorHandlr" of new JobManager() is not known and has no effect. Did you mean "errorHandler"?',
        'The option "cron" of new JobManager() has no effect: pass it to addJob() as "at", for each job',
        'The option "concurrency" of new JobManager() has no effect: use "inlineConcurrency" for inline jobs, "maxWorkers" for processes'
    ]);
});

for (const [given, ...parts] of [
    [5000, 'shutdown() takes an object such as {timeout: 5000}, got the number 5000'],
    ['SIGTERM', 'got the string "SIGTERM"'],
    [{timeout: Number.NaN}, 'got the number NaN'],
    [{timeout: -1}, 'got the number -1'],
    [{timeout: '100'}, 'got the string "100"'],
    [{timeout: null}, 'got null'],
    [{timeout: {}}, 'got an object'],
    [{waiting: 'wait'}, "'finish' or 'drop'"]
]) {
    test(`shutdown(${JSON.stringify(given)}) is refused before anything has begun`, async (t) => {
        const {manager} = createManager(t);
        await manager.addJob({name: 'recurring', at: 'every 1 hour', job: nothing, offloaded: false});
        await assert.rejects(manager.shutdown(given), refusal(...parts));
        assert.deepEqual([manager.bree.intervals.size, manager.bree.config.jobs.length], [1, 1]);
        const completion = manager.awaitCompletion('recurring');
        await manager.bree.run('recurring');
        await completion;
    });
}

for (const timeout of [Infinity, 1e300, 2 ** 53, 2 ** 31, 0.5]) {
    test(`shutdown({timeout: ${timeout}}) is a time`, async (t) => {
        const {manager} = createManager(t);
        let ran = false;
        manager.addJob({
            offloaded: false,
            job: async () => {
                await new Promise(setImmediate);
                ran = true;
            }
        });
        await manager.shutdown({timeout}).catch((error) => assert.equal(timeout, 0.5, error));
        assert.ok(ran || timeout === 0.5);
    });
}

for (const [options, ...parts] of [
    [{count: 1.5}, 'a whole number from 0 to 10,000'],
    [{count: '3'}, 'got the string "3"'],
    [{from: 'now'}, 'a valid Date'],
    [{from: new Date('never')}, 'got an invalid Date'],
    [{timezone: 3}, 'a string'],
    [{dst: 'once'}, "'upstream'"],
    [3, 'nextRuns() takes an object such as {count: 3}']
]) {
    test(`nextRuns with ${JSON.stringify(options)} is refused in words`, () => {
        assert.throws(() => JobManager.nextRuns('@daily', options), refusal(...parts));
    });
}

test('every refusal has a code', async (t) => {
    const {manager} = createManager(t);
    const refused = [
        manager.addJob({job() {}}),
        manager.addJob({name: 'index', job: JOB}),
        manager.addJob({name: 'bound', job: Math.max}),
        manager.addJob({name: 'missing', job: './missing.js'}),
        manager.addOneOffJob({job: JOB}),
        manager.addOneOffJob({name: 'a', job: JOB}),
        manager.awaitOneOffCompletion('a'),
        manager.removeJob('unknown'),
        manager.bree.start('unknown'),
        manager.addJob({name: 'when', at: 5, job: JOB})
    ];
    const codes = (await Promise.allSettled(refused)).map(({reason}) => reason.code);
    assert.deepEqual(codes, [
        'JOB_NAME_MISSING',
        'JOB_NAME_RESERVED',
        'JOB_NOT_SOURCE',
        'JOB_PATH_MISSING',
        'JOB_NAME_MISSING',
        'JOB_MODEL_MISSING',
        'JOB_MODEL_MISSING',
        'JOB_UNKNOWN',
        'JOB_UNKNOWN',
        'SCHEDULE_INVALID'
    ]);
});

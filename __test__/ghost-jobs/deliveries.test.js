'use strict';

// What our adapter does beyond the contract: retries, time limits, dispatches that come twice, and a shutdown that says what it
// has not done.

const assert = require('node:assert/strict');
const {AsyncLocalStorage} = require('node:async_hooks');
const path = require('node:path');
const {suite, test} = require('node:test');
const GhostJobs = require('../../lib/ghost-jobs');
const {NEW, OLD, OURS, ended, heldProcessor, job, quickProcessor, siteLog} = require('./support/adapters');

const [, , withAStore] = OURS;

/** An adapter that has been started, and the log of its site. */
async function started(t, config, options) {
    const log = siteLog(t);
    const adapter = ended(t, () => new GhostJobs(config));
    await adapter.start(options);
    return {adapter, log};
}

suite('attempts', () => {
    test('a failed delivery is tried again, and logged when it is given up', async (t) => {
        let tries = 0;
        const {adapter, log} = await started(
            t,
            {attempts: 3, backoff: 0},
            {
                processor: async () => {
                    tries += 1;
                    throw new Error(`try ${tries}`);
                }
            }
        );
        await OLD.enqueue(adapter, job());
        const [line, error] = await log.next('error');
        assert.equal(line, 'Job "test-job" delivery failed');
        assert.equal(error.message, 'try 3');
        assert.equal(tries, 3);
        assert.equal(log.lines('error').length, 1);
    });

    test('with a store and without the option, a failed delivery is not tried again', async (t) => {
        const log = siteLog(t);
        const {process, next, jobs} = heldProcessor();
        const adapter = withAStore.make(t);
        await adapter.start({processor: process});
        await OLD.enqueue(adapter, job());
        (await next()).fail(new Error('boom'));
        assert.equal((await log.next('error'))[1].message, 'boom');
        await adapter.shutdown();
        assert.equal(jobs.length, 1);
    });
});

suite('timeout', () => {
    test('a delivery that hangs has failed at its time limit, and its lane goes on', async (t) => {
        const {process, next} = heldProcessor();
        const {adapter, log} = await started(
            t,
            {timeout: 20},
            {processor: process, queues: {narrow: {concurrency: 1}}}
        );
        await OLD.enqueue(adapter, job('hangs'), 'narrow');
        await OLD.enqueue(adapter, job('next'), 'narrow');
        await next();
        const [line, error] = await log.next('error');
        assert.equal(line, 'Job "hangs" delivery failed');
        assert.equal(error.code, 'JOB_TIMEOUT');
        const {job: following, end} = await next();
        assert.equal(following.type, 'next');
        end();
    });
});

suite('a dispatch that comes twice', () => {
    for (const {name, make} of OURS) {
        test(`is delivered once, ${name}`, async (t) => {
            siteLog(t);
            const {process, jobs, count} = quickProcessor();
            const adapter = make(t);
            await adapter.start({processor: process});
            await NEW.enqueue(adapter, job('once'), undefined, 'same');
            await NEW.enqueue(adapter, job('once'), undefined, 'same');
            await count(1);
            // Ended, and from another lane.
            await NEW.enqueue(adapter, job('once'), undefined, 'same');
            await NEW.enqueue(adapter, job('once'), 'other', 'same');
            await NEW.enqueue(adapter, job('last'), undefined, 'another');
            await adapter.shutdown();
            assert.deepEqual(
                jobs.map(({type}) => type),
                ['once', 'last']
            );
        });
    }
});

suite('a shutdown says what it has not done', () => {
    /** Three jobs for one place: one that goes, two that wait. */
    async function busy(t, config) {
        const {process, next, jobs} = heldProcessor();
        const options = {processor: process, queues: {narrow: {concurrency: 1}}};
        const {adapter, log} = await started(t, config, options);
        for (const type of ['goes', 'waits', 'waits']) {
            await OLD.enqueue(adapter, job(type), 'narrow');
        }
        return {adapter, log, first: await next(), next, jobs};
    }

    for (const config of [{}, {attempts: 2}]) {
        const how = JSON.stringify(config);

        test(`at its time limit, ${how}`, async (t) => {
            const {adapter, log} = await busy(t, config);
            await adapter.shutdown({timeoutMs: 20});
            const [line] = await log.next('warn');
            assert.match(line, /1 delivery did not end within 20 ms \(goes: 1\)/);
            assert.match(line, /2 deliveries had not begun \(waits: 2\)\. What waited was dropped/);
        });

        test(`with waiting: 'drop', which waits only for what goes, ${how}`, async (t) => {
            const {adapter, log, first, jobs} = await busy(t, {...config, waiting: 'drop'});
            const down = adapter.shutdown({timeoutMs: 10_000});
            first.end();
            await down;
            const [line] = await log.next('warn');
            assert.match(
                line,
                /^Jobs adapter shut down: 2 deliveries had not begun \(waits: 2\)\. What waited/
            );
            assert.equal(jobs.length, 1);
        });

        test(`nothing, when all is done, ${how}`, async (t) => {
            const {adapter, log, first, next} = await busy(t, config);
            const down = adapter.shutdown({timeoutMs: 10_000});
            first.end();
            (await next()).end();
            (await next()).end();
            await down;
            assert.deepEqual(log.lines('warn'), []);
        });
    }

    test('a delivery that waits for another attempt', async (t) => {
        const {process, next} = heldProcessor();
        const {adapter, log} = await started(t, {attempts: 2, backoff: 60_000}, {processor: process});
        await OLD.enqueue(adapter, job());
        (await next()).fail(new Error('boom'));
        assert.match((await log.next('warn'))[0], /attempt 1 of 2/);
        await adapter.shutdown({timeoutMs: 10_000});
        const [line] = await log.next('warn');
        assert.match(
            line,
            /^Jobs adapter shut down: 1 delivery waited for another attempt\. What waited was dropped/
        );
    });
});

suite('a start and a shutdown', () => {
    test('a shutdown during the start of an adapter with a store takes effect after it', async (t) => {
        siteLog(t);
        const {process, jobs} = quickProcessor();
        const adapter = withAStore.make(t);
        await Promise.all([adapter.start({processor: process}), adapter.shutdown()]);
        await OLD.enqueue(adapter, job());
        assert.deepEqual(jobs, []);
    });

    for (const {name, make} of OURS) {
        test(`deliveries have the async context of the start, not of a dispatch, ${name}`, async (t) => {
            siteLog(t);
            const context = new AsyncLocalStorage();
            const seen = [];
            const {process, count} = quickProcessor();
            const adapter = make(t);
            await context.run('start', () =>
                adapter.start({
                    processor: (given) => {
                        seen.push(context.getStore());
                        return process(given);
                    }
                })
            );
            await context.run('request', () => OLD.enqueue(adapter, job('one')));
            await OLD.enqueue(adapter, job('two'));
            await count(2);
            assert.deepEqual(seen, ['start', 'start']);
        });
    }
});

suite('configuration', () => {
    const missing = path.join(__dirname, 'no-such-module.js');
    const WRONG = [
        [
            {attempts: 0},
            /"attempts" of Ghost's jobs adapter must be a whole number from 1 to 1,000, got the number 0/
        ],
        [{store: 7}, /"store" of Ghost's jobs adapter must be the path of a file/],
        [{store: {durability: 'full'}}, /needs a "path"/],
        [{waiting: 'keep'}, /must be 'finish' or 'drop'/],
        [{concurrency: 0}, /"concurrency"/],
        [{timezone: 'Mars/Olympus'}, /Mars\/Olympus/, 'TIME_ZONE_UNKNOWN'],
        [{backoff: {type: 'fixed', factor: 2}}, /"factor"/],
        [{atempts: 3}, /Did you mean "attempts"\?/],
        [{retries: 3}, /"retries" .* write it as "attempts"/],
        [{shutdownTimeout: 5}, /an option of Ghost/],
        [{isolated: {resize: missing}}, /for the type "resize", names no file: .*no-such-module\.js/],
        [{isolated: {resize: 7}}, /for the type "resize", must be the path of a module/],
        ['store.db', /takes an object such as/]
    ];
    for (const [config, message, code = 'INVALID_OPTION'] of WRONG) {
        test(JSON.stringify(config).replace(__dirname, ''), () => {
            const refused = {errorType: 'IncorrectUsageError', code, message};
            assert.throws(() => GhostJobs.validate(config), refused);
            assert.throws(() => new GhostJobs(config), refused);
        });
    }

    test('what Ghost passes where nothing is configured, and each option, is valid', () => {
        GhostJobs.validate();
        GhostJobs.validate({});
        GhostJobs.validate({store: false, dashboard: false, isolated: {}});
        GhostJobs.validate({
            store: {path: 'jobs.db', durability: 'full', onError: 'memory'},
            isolated: {resize: __filename},
            timezone: 'America/New_York',
            attempts: 3,
            backoff: {delay: 1_000},
            timeout: 60_000,
            concurrency: 2,
            waiting: 'drop'
        });
    });
});

suite('arguments that are no jobs', () => {
    const invalid = (message) => ({errorType: 'IncorrectUsageError', code: 'INVALID_JOB', message});
    const dispatch = {version: 1, payload: {job: job()}};
    const CALLS = [
        ['enqueue', [undefined], /no type that is a string/],
        ['enqueue', [{type: 'a', payload: {}}], /payload of job "a" must be a string/],
        ['enqueue', [job(), {queue: 7}], /queue of a job must be a string/],
        ['enqueue', ['', dispatch], /id of a dispatch must not be empty/],
        ['enqueue', ['id', {...dispatch, version: 2}], /version 2 is not known/],
        ['enqueue', ['id', {version: 1, payload: {}}], /no type that is a string/],
        ['scheduleRecurring', [job(), {}], /schedule of job "test-job" must be \{cron/],
        ['scheduleRecurring', [dispatch, {cron: ''}], /schedule of job "test-job" must be \{cron/]
    ];
    for (const [name, given, message] of CALLS) {
        test(`${name}(${JSON.stringify(given).slice(1, -1)})`, async (t) => {
            const {adapter} = await started(t, {}, {processor: async () => {}});
            await assert.rejects(adapter[name](...given), invalid(message));
        });
    }

    test('start without a processor, or with a declaration of the shared lane', async (t) => {
        siteLog(t);
        const adapter = ended(t, () => new GhostJobs());
        await assert.rejects(adapter.start(), {code: 'INVALID_PROCESSOR'});
        const queues = {default: {concurrency: 1}};
        await assert.rejects(adapter.start({processor: async () => {}, queues}), {code: 'INVALID_QUEUE'});
    });

    test('a schedule that cannot be read is refused, and the type can be scheduled then', async (t) => {
        const {adapter} = await started(t, {}, {processor: async () => {}});
        await assert.rejects(OLD.schedule(adapter, job(), '99 * * * * *'), {
            errorType: 'IncorrectUsageError'
        });
        await OLD.schedule(adapter, job(), '0 0 3 * * *');
    });
});

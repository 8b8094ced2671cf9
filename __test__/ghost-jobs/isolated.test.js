'use strict';

// Types whose module runs in a process, while Ghost's processor sees each delivery.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const GhostJobs = require('../../lib/ghost-jobs');
const {ghostPackage} = require('../support/ghost-package');
const {eventually} = require('../support/processes');
const {temporaryFolder} = require('../support/temporary-folder');
const {OLD, deferred, quickProcessor, siteLog} = require('./support/adapters');

const MODULE = path.join(__dirname, 'modules', 'report.js');
const {Job, JobsService} = ghostPackage();

class Resize extends Job {
    static type = 'resize';
    constructor(fields) {
        super();
        Object.assign(this, fields);
    }
}

function isLive(pid) {
    try {
        return process.kill(pid, 0);
    } catch {
        return false;
    }
}

/** An adapter with the isolated type `resize`; `report()`: what its module has written down. */
function isolating(t, config) {
    const held = {};
    t.after(() => held.adapter.shutdown({timeoutMs: 0}));
    const file = path.join(temporaryFolder(t), 'report.json');
    held.adapter = new GhostJobs({isolated: {resize: MODULE}, ...config});
    return {
        adapter: held.adapter,
        log: siteLog(t),
        job: (what) => ({type: 'resize', payload: JSON.stringify({file, what})}),
        fields: (what) => ({file, what}),
        report: () => JSON.parse(fs.readFileSync(file, 'utf8'))
    };
}

test('the module has run in another process when the processor is called with the job as it was given', async (t) => {
    const {adapter, job, report} = isolating(t);
    const {process: processor, jobs, count} = quickProcessor();
    await adapter.start({processor});
    await OLD.enqueue(adapter, job());
    await count(1);
    assert.deepEqual(jobs, [job()]);
    assert.notEqual(report().pid, process.pid);
    assert.ok(isLive(report().pid), 'it is kept for the next one');
    await adapter.shutdown();
    assert.ok(!isLive(report().pid));
});

test('other types are delivered as always', async (t) => {
    const {adapter} = isolating(t);
    const {process: processor, jobs, count} = quickProcessor();
    await adapter.start({processor});
    await OLD.enqueue(adapter, {type: 'other', payload: 'no JSON'});
    await count(1);
    assert.deepEqual(jobs, [{type: 'other', payload: 'no JSON'}]);
});

test('what the module throws reaches the log lines and the error tracker of Ghost, and no handler is called', async (t) => {
    const {adapter, log, fields} = isolating(t);
    const tracked = deferred();
    const service = new JobsService({
        backend: adapter,
        logging: require('@tryghost/logging'),
        sentry: {captureException: (error, context) => tracked.resolve({error, context})}
    });
    service.handle(Resize, () => assert.fail('the handler was called'));
    await service.start();
    await service.dispatch(new Resize(fields('fail')));
    const {error, context} = await tracked.promise;
    assert.equal(error.name, 'TypeError');
    assert.equal(error.message, 'boom');
    assert.deepEqual(context, {tags: {job_type: 'resize'}});
    const [, ofService] = await log.next('error');
    assert.match(ofService, /^\[Background Job\] resize failed/);
    assert.deepEqual(await log.next('error'), ['Job "resize" delivery failed', error]);
});

test('a module that hangs is ended at the time limit, and the tracker gets JOB_TIMEOUT', async (t) => {
    const {adapter, log, job, report} = isolating(t, {timeout: 1_000});
    const seen = deferred();
    await adapter.start({
        processor: async (envelope) => {
            try {
                JSON.parse(envelope.payload);
            } catch (error) {
                seen.resolve(error);
                throw error;
            }
        }
    });
    await OLD.enqueue(adapter, job('hang'));
    assert.equal((await seen.promise).code, 'JOB_TIMEOUT');
    assert.equal((await log.next('error'))[1].code, 'JOB_TIMEOUT');
    await eventually('the end of its process', () => !isLive(report().pid));
});

test('a failed module is tried again, with the id of the delivery and the number of the try', async (t) => {
    const {adapter, log, job, report} = isolating(t, {attempts: 2, backoff: 0});
    await adapter.start({processor: async ({payload}) => void payload});
    await OLD.enqueue(adapter, job('fail'));
    const [line] = await log.next('error');
    assert.equal(line, 'Job "resize" delivery failed');
    assert.match(report().id, /\/2$/);
});

test('with a store, what was cut off is run again by the next start', async (t) => {
    const {adapter, job, report} = isolating(t, {
        store: path.join(temporaryFolder({after: (remove) => t.after(remove)}), 'jobs.db'),
        waiting: 'drop'
    });
    await adapter.start({processor: async ({payload}) => void payload});
    await OLD.enqueue(adapter, job('hang'));
    const {pid} = await eventually('the begin of the module', () => {
        try {
            return report();
        } catch {
            return undefined;
        }
    });
    await adapter.shutdown({timeoutMs: 0});
    await eventually('the end of its process', () => !isLive(pid));
    const again = quickProcessor();
    await adapter.start({processor: again.process});
    await eventually('the module runs again', () => report().pid !== pid);
    assert.deepEqual(again.jobs, []);
});

'use strict';

// Loggers of the host that throw, reject, or are no loggers: nothing else changes.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const JobManager = require('../..');
const {jobPath} = require('../homes/support/programs');

const broken = () => {
    throw new Error('a bug in the logger');
};
const rejecting = () => Promise.reject(new Error('a bug in the logger'));
const LOGGERS = {
    throw: {info: broken, warn: broken, error: broken},
    reject: {info: rejecting, warn: rejecting, error: rejecting},
    'cannot be read': Object.defineProperties(
        {},
        {info: {get: broken}, warn: {get: broken}, error: {get: broken}}
    ),
    'are no functions': {info: 1, warn: 'text', error: {}}
};

for (const [how, logger] of Object.entries(LOGGERS)) {
    test(`loggers that ${how}`, async (t) => {
        const unhandled = [];
        const note = (error) => unhandled.push(error);
        process.on('unhandledRejection', note);
        t.after(() => process.off('unhandledRejection', note));
        const failures = [];
        const manager = new JobManager({logger, errorHandler: (error) => failures.push(error.message)});

        const completed = manager.awaitCompletion('completes');
        await manager.addJob({job: jobPath('completes')});
        await completed;
        const failed = assert.rejects(manager.awaitCompletion('throws'), {message: 'no luck'});
        await manager.addJob({job: jobPath('throws')});
        await failed;
        await manager.addJob({name: 'past', at: new Date(0), job: jobPath('completes')});
        await manager.addJob({offloaded: false, name: 'inline', job: broken});
        await assert.rejects(manager.allSettled(), {message: 'a bug in the logger'});
        await manager.shutdown();
        await new Promise(setImmediate);

        assert.deepEqual(failures, ['no luck']);
        assert.deepEqual(unhandled, []);
    });
}

'use strict';

// How the outcome of a run comes back when messages are late or lost.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {Inbox} = require('../../lib/cluster/bullmq/inbox');
const {failureOf, stackOf} = require('../../lib/cluster/bullmq/failures');
const {Requests} = require('../../lib/cluster/bullmq/requests');

/** What a host is answered about a run, whose state is read before or after it ends. */
async function lookAt(queue) {
    const posted = [];
    const requests = new Requests({queue, post: (message) => posted.push(message)});
    await requests.lookAt({id: 'run', name: 'job'});
    return posted;
}

test('a run that ends while it is looked at is not answered without its outcome', async () => {
    let returnvalue = null;
    const end = () => {
        returnvalue = {bytes: 'AQ=='};
    };
    const posted = await lookAt({
        getJobState: async () => (end(), 'completed'),
        getJob: async () => ({id: '~run', name: 'job', data: {}, returnvalue})
    });
    assert.deepEqual(posted, [{type: 'answered', id: 'run', value: {bytes: 'AQ=='}, error: undefined}]);
});

test('a run that is looked at because the answer was lost has the class and the code of its error', async () => {
    const stack = stackOf({
        name: 'JobError',
        code: 'JOB_TIMEOUT',
        message: 'too slow',
        stack: 'Error: no\n    at here'
    });
    assert.equal(stack, 'JobError [JOB_TIMEOUT]: too slow\n    at here');
    const [{error}] = await lookAt({
        getJobState: async () => 'failed',
        getJob: async () => ({
            id: '~run',
            name: 'job',
            data: {},
            failedReason: 'too slow',
            stacktrace: [stack]
        })
    });
    assert.deepEqual(error, {name: 'JobError', message: 'too slow', code: 'JOB_TIMEOUT', stack});
});

test('what BullMQ has of an error may lack anything', () => {
    assert.deepEqual(failureOf({failedReason: 'gone'}), {
        name: 'Error',
        message: 'gone',
        code: undefined,
        stack: undefined
    });
    const {name, code} = failureOf({
        failedReason: 'x',
        stacktrace: [stackOf({name: 'TypeError', message: 'x'})]
    });
    assert.deepEqual([name, code], ['TypeError', undefined]);
    assert.equal(stackOf({message: 'a\0b'}), 'Error: ab');
});

test('a run that still goes is not answered, and one that the queue no longer has is, a little later', async (t) => {
    t.mock.timers.enable({apis: ['setTimeout']});
    assert.deepEqual(await lookAt({getJobState: async () => 'active'}), []);
    const posted = await lookAt({getJobState: async () => 'unknown'});
    assert.deepEqual(posted, [], 'who has cancelled it may just be sending that');
    t.mock.timers.tick(2_000);
    assert.equal(posted[0].error.code, 'RUN_UNKNOWN');
});

test('a host reads the messages that were sent before it began to read; a thread that is started again does not', () => {
    const made = [];
    class QueueEvents {
        constructor(_name, {lastEventId}) {
            made.push(lastEventId);
        }

        on() {}
    }
    const parts = {bullmq: {QueueEvents}, queue: {name: 'jobs'}, options: {}, host: {id: 'host'}};
    const inboxes = [false, true].map((isAgain) => new Inbox({...parts, isAgain}));
    assert.equal(inboxes.length, 2);
    assert.deepEqual(made, ['0', undefined]);
});

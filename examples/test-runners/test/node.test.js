'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const FakeTimers = require('@sinonjs/fake-timers');
const {createMailer} = require('../src/mailer');

test('the digest is sent at nine', async () => {
    // While `setTimeout` is not Node's own, schedules follow the clock that has replaced it.
    const clock = FakeTimers.install({
        now: Date.UTC(2026, 0, 1, 8),
        toFake: ['Date', 'setTimeout', 'clearTimeout']
    });
    const messages = [];
    const mailer = createMailer({workerMessageHandler: ({message}) => messages.push(message)});
    try {
        await mailer.start();
        const completed = mailer.jobManager.awaitCompletion('digest');
        clock.tick(60 * 60 * 1000);
        await completed;
        assert.deepEqual(messages, ['sent', 'done']);
    } finally {
        clock.uninstall();
        // A schedule that is left keeps the test's process alive.
        await mailer.stop();
    }
});

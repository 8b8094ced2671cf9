'use strict';

const {createMailer} = require('../src/mailer');

test('the digest is sent at nine', async () => {
    jest.useFakeTimers({
        now: Date.UTC(2026, 0, 1, 8),
        doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate']
    });
    const messages = [];
    const mailer = createMailer({workerMessageHandler: ({message}) => messages.push(message)});
    try {
        await mailer.start();
        const completed = mailer.jobManager.awaitCompletion('digest');
        jest.advanceTimersByTime(60 * 60 * 1000);
        await completed;
        expect(messages).toEqual(['sent', 'done']);
    } finally {
        jest.useRealTimers();
        await mailer.stop();
    }
});

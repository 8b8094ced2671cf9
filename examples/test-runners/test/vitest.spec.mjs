import {expect, test, vi} from 'vitest';
import mailerModule from '../src/mailer.js';

test('the digest is sent at nine', async () => {
    vi.useFakeTimers({now: Date.UTC(2026, 0, 1, 8), toFake: ['Date', 'setTimeout', 'clearTimeout']});
    const messages = [];
    const mailer = mailerModule.createMailer({workerMessageHandler: ({message}) => messages.push(message)});
    try {
        await mailer.start();
        const completed = mailer.jobManager.awaitCompletion('digest');
        vi.advanceTimersByTime(60 * 60 * 1000);
        await completed;
        expect(messages).toEqual(['sent', 'done']);
    } finally {
        vi.useRealTimers();
        await mailer.stop();
    }
});

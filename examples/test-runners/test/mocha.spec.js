'use strict';

const assert = require('node:assert/strict');
const {createMailer} = require('../src/mailer');

describe('the mailer', function () {
    const messages = [];
    const mailer = createMailer({workerMessageHandler: ({message}) => messages.push(message)});

    after(() => mailer.stop());

    it('sends a digest when it is told to', async function () {
        await mailer.start();
        const completed = mailer.jobManager.awaitCompletion('digest');
        await mailer.jobManager.bree.run('digest');
        await completed;
        assert.deepEqual(messages, ['sent', 'done']);
    });
});

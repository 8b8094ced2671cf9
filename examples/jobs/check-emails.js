'use strict';

// An offloaded job: counts the e-mails of the inbox and their words. It runs in a process of its own, so it
// finds what it works on through the environment, and gives up between two e-mails when it is asked to.

const fs = require('node:fs/promises');
const path = require('node:path');
const {parentPort} = require('node:worker_threads');
const countWords = require('./count-words');

const inbox = path.join(process.env.QUICKSTART_FOLDER, 'inbox');
let cancelled = false;

parentPort.on('message', (message) => {
    cancelled ||= message === 'cancel';
});

async function checkEmails() {
    const files = (await fs.readdir(inbox)).filter((file) => file.endsWith('.eml'));
    let words = 0;

    for (const file of files) {
        if (cancelled) {
            return 'cancelled';
        }
        const email = await fs.readFile(path.join(inbox, file), 'utf8');
        const body = email.slice(email.indexOf('\n\n'));
        words += countWords(body);
    }

    parentPort.postMessage({emails: files.length, words});
    return 'done';
}

// A failure is left unhandled on purpose: that is how the job manager hears of it.
checkEmails().then((outcome) => parentPort.postMessage(outcome));

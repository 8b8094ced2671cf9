'use strict';

const fs = require('node:fs');
const path = require('node:path');

const EMAILS = {
    'welcome.eml':
        'From: ada@example.com\nSubject: Welcome\n\nWelcome aboard, we are glad that you are here.\n',
    'invoice.eml': 'From: bill@example.com\nSubject: Invoice 42\n\nInvoice 42 is due on Friday.\n',
    'greetings.eml': 'From: zoë@example.com\nSubject: Grüße\n\nGrüße aus Köln, et à bientôt !\n'
};
const MEMBERS = 'name,email\nAda,ada@example.com\nBill,bill@example.com\n';

/**
 * Fills a folder with the files that the jobs work on.
 *
 * @param {string} folder
 * @returns {{emails: number, words: number}} what a job that reads the inbox must find
 */
module.exports = function writeSampleFiles(folder) {
    const inbox = path.join(folder, 'inbox');
    fs.mkdirSync(inbox, {recursive: true});
    for (const [file, email] of Object.entries(EMAILS)) {
        fs.writeFileSync(path.join(inbox, file), email);
    }
    fs.writeFileSync(path.join(folder, 'members.csv'), MEMBERS);
    return {emails: 3, words: 21};
};

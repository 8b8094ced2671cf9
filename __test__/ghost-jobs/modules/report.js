'use strict';

// An isolated job: writes down where it ran, and does what its payload says.

const fs = require('node:fs');

module.exports = async ({file, what}, run) => {
    fs.writeFileSync(`${file}.new`, JSON.stringify({pid: process.pid, id: run.id}));
    fs.renameSync(`${file}.new`, file);
    if (what === 'fail') {
        throw new TypeError('boom');
    }
    if (what === 'hang') {
        await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
    }
};

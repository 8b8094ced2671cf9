'use strict';

const fs = require('node:fs');
const wait = require('node:timers/promises').setTimeout;

/** Goes until the file exists. */
module.exports = async (file) => {
    while (!fs.existsSync(file)) {
        await wait(5);
    }
    return process.pid;
};

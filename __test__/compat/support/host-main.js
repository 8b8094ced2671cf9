'use strict';

/** The main module of a host process: `node host-main.js <package> <source of a function> <settings>`. */

const fs = require('node:fs');
const path = require('node:path');
const logging = require('@tryghost/logging');

const {MemoryJobModel} = require('./job-model');

const REPORT_DESCRIPTOR = 3;
const [request, source, settings] = process.argv.slice(2);

for (const level of ['info', 'warn', 'error']) {
    logging[level] = () => {};
}

const JobManager = require(request);
const main = (0, eval)(source);

main({
    JobManager,
    MemoryJobModel,
    require,
    settings: JSON.parse(settings),
    jobFile: (name) => path.join(__dirname, '..', 'jobs', name),
    report: (value) => fs.writeSync(REPORT_DESCRIPTOR, `${JSON.stringify(value)}\n`)
});

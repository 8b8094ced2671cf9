'use strict';

/** The main module of a host process: `node host-main.js <task>`, where host.js defines the tasks. */

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const {MemoryJobModel} = require('./job-model');

const REPORT_DESCRIPTOR = 3;
const {request, source, settings, withoutModules} = JSON.parse(process.argv[2]);

hideModules(withoutModules);
silenceLogging();

const JobManager = require(request);
const main = vm.runInThisContext(source);

main({
    JobManager,
    MemoryModel: MemoryJobModel,
    request,
    require,
    settings,
    jobFile: (name) => path.join(__dirname, '..', '..', 'fixtures', 'compat', name),
    report: (value) => fs.writeSync(REPORT_DESCRIPTOR, `${JSON.stringify(value)}\n`)
});

/** Lets this process look like one in which some packages are not installed. */
function hideModules(names) {
    const resolveFilename = Module._resolveFilename;
    Module._resolveFilename = function resolve(name, ...rest) {
        if (names.includes(name)) {
            throw Object.assign(new Error(`Cannot find module '${name}'`), {code: 'MODULE_NOT_FOUND'});
        }
        return resolveFilename.call(this, name, ...rest);
    };
}

function silenceLogging() {
    if (withoutModules.includes('@tryghost/logging')) {
        return;
    }
    const logging = require('@tryghost/logging');
    for (const level of ['info', 'warn', 'error']) {
        logging[level] = () => {};
    }
}

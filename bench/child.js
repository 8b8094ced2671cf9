'use strict';

/** The main module of a measurement: `node child.js <task>`, where measure.js says what a task is. */

const fs = require('node:fs');

const RESULT_DESCRIPTOR = 3;
const {request, target, file, params} = JSON.parse(process.argv[2]);

/** Scenarios load the package themselves: how long that takes is one of them. */
function load() {
    if (request === null) {
        return null;
    }
    // Hosts have a logger; what it costs to write is not measured here.
    const logging = require('@tryghost/logging');
    for (const level of ['info', 'warn', 'error']) {
        logging[level] = () => {};
    }
    return require(request);
}

async function main() {
    const scenario = require(file);
    const result = await scenario.run({load, request, target, params});
    fs.writeSync(RESULT_DESCRIPTOR, JSON.stringify(result));
    // Whatever still runs is of no interest; some of it cannot be ended in any other way.
    process.kill(process.pid, 'SIGKILL');
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});

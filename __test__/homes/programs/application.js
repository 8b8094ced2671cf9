'use strict';

/**
 * An application that runs one offloaded job and an inline one, as JSON in its environment says: the options of the manager and of
 * the job, and what its process pretends to be. It prints what happens, each time that it is started.
 */

const fs = require('node:fs');

const {
    manager: managerOptions,
    job: jobOptions,
    pretends,
    variables,
    afterMs
} = JSON.parse(process.env.APPLICATION);
const print = (what, value) => fs.writeSync(1, `${JSON.stringify({what, value})}\n`);
const describe = ({name, code, message, stack}) => ({name, code, message, stack});

const PRETENCES = {
    pkg: () => (process.pkg = {entrypoint: __filename}),
    nexe: () => (process.__nexe = {}),
    electron: () =>
        Object.defineProperty(process, 'versions', {value: {...process.versions, electron: '30.0.0'}})
};

print('started');
PRETENCES[pretends]?.();
for (const [name, value] of Object.entries(variables ?? {})) {
    if (value === null) {
        delete process.env[name];
    } else {
        process.env[name] = value;
    }
}
const JobManager = require('../../..');
const manager = new JobManager({
    logger: {info() {}, warn() {}, error() {}},
    errorHandler: (error) => print('failed', describe(error)),
    workerMessageHandler: ({message}) => print('message', message),
    ...managerOptions
});
manager
    .addJob({
        name: 'offloaded',
        at: afterMs && new Date(Date.now() + afterMs),
        job: () => {
            const {NODE_OPTIONS, OF_FILE, ELECTRON_RUN_AS_NODE} = process.env;
            require('node:worker_threads').parentPort.postMessage({
                execPath: process.execPath,
                execArgv: process.execArgv,
                env: {NODE_OPTIONS, OF_FILE, ELECTRON_RUN_AS_NODE}
            });
        },
        ...jobOptions
    })
    .catch((error) => print('refused', describe(error)));
manager.addJob({name: 'inline', job: () => print('inline'), offloaded: false});

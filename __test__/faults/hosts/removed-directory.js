'use strict';

// A host whose working directory is removed: a job with a new process, one with a spare, and one that is an ES module.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {createManager, runEnd} = require('../../support/runs');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'job-manager-test-'));
const module_ = path.join(os.tmpdir(), `${path.basename(folder)}.mjs`);
fs.writeFileSync(module_, "import {parentPort} from 'node:worker_threads'; parentPort.postMessage('ran');");
process.chdir(folder);
fs.rmdirSync(folder);

const job = () => require('node:worker_threads').parentPort.postMessage('ran');

async function main() {
    const {manager, messages, errors} = createManager({after: () => {}});
    const ends = ['new', 'module', 'spare'].map((name) => runEnd(manager, name));
    await manager.addJob({name: 'new', job});
    await manager.addJob({name: 'module', job: module_});
    await manager.addJob({name: 'spare', job, at: new Date(Date.now() + 1000)});
    await Promise.all(ends);
    fs.rmSync(module_);
    const ran = messages.filter(({message}) => message === 'ran').map(({name}) => name);
    process.send({what: 'ran', names: ran.sort(), errors: errors.map(({error}) => error.message)});
    process.disconnect();
}

void main();

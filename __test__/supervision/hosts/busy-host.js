'use strict';

// A host with jobs of every stubborn kind, and a spare.

const path = require('node:path');
const {createManager, startUntil} = require('../../support/runs');

const ends = [];
const {manager} = createManager({after: (end) => ends.push(end)}, {warmWorkers: 1});
const file = (name) => path.join(__dirname, '../jobs', name);

async function main() {
    await manager.addJob({name: 'later', job: file('spins.js'), at: new Date(Date.now() + 3_600_000)});
    for (const name of ['spins', 'ignores', 'blocks', 'starts-children']) {
        await startUntil(manager, {name, job: file(`${name}.js`)});
    }
    process.send({what: 'ready'});
    // It leaves by being killed, or not at all.
    process.on('message', (message) => {
        if (message === 'exit') {
            process.exit(0);
        }
        if (message === 'throw') {
            setImmediate(() => {
                throw new Error('a bug of the host');
            });
        }
        if (message === 'block') {
            for (;;);
        }
    });
}

main();

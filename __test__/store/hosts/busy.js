'use strict';

// A host in the middle of everything: it accepts runs, and their handlers complete, fail and are tried again. It notes what
// it knows for sure: `A id` a run was accepted, `B id attempt` its handler was called, `E id state` the host was told of its
// end. Arguments: the store, the file of notes, and the round. The host of the last round asks for nothing, and exits when
// all has ended.

const fs = require('node:fs');
const JobManager = require('../../..');
const notes = require('../jobs/notes');

const [store, file, round, isLast] = process.argv.slice(2);
const note = (line) => fs.appendFileSync(file, `${line}\n`);
const HOWS = ['return', 'once', 'throw'];

async function main() {
    const manager = new JobManager({
        store,
        history: {perJob: 1_000, total: 1_000_000},
        errorHandler() {},
        logger: {info() {}, warn() {}, error: console.error}
    });
    manager.events.on('run ended', ({run}) => note(`E ${run.id} ${run.state} ${run.cause}`));
    const options = {attempts: 3, backoff: 1, concurrency: 2};
    for (let earlier = 0; earlier <= Number(round); earlier++) {
        await manager.defineJob({name: `function-${earlier}`, job: notes, ...options});
        await manager.defineJob({
            name: `process-${earlier}`,
            job: require.resolve('../jobs/notes'),
            ...options
        });
    }
    console.log('open');
    if (isLast) {
        await allEnded(manager);
        await manager.shutdown();
        return;
    }
    for (let next = 0; ; next++) {
        const asked = Array.from({length: 1 + Math.floor(Math.random() * 10)}, async (_, index) => {
            const id = `${round}-${next}-${index}`;
            const kind = index % 4 === 0 ? 'process' : 'function';
            const how = HOWS[(next + index) % HOWS.length];
            await manager.runJob(`${kind}-${round}`, {id, data: {file, how}, attempts: 1 + (index % 3)});
            note(`A ${id} ${1 + (index % 3)}`);
        });
        await Promise.all(asked);
        await new Promise(setImmediate);
    }
}

async function allEnded(manager) {
    const isOver = () => {
        const {running, waiting, retrying} = manager.stats();
        return running + waiting + retrying === 0;
    };
    while (!isOver()) {
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
}

main();

'use strict';

// A host whose disk gets full. Arguments: the store, and 'limited' where the size of files is limited instead.

const fs = require('node:fs');
const path = require('node:path');
const JobManager = require('../../..');

const [store, isLimited] = process.argv.slice(2);
process.on('SIGXFSZ', () => {});

async function main() {
    const ballast = path.join(path.dirname(store), 'ballast');
    if (!isLimited) {
        fs.writeFileSync(ballast, Buffer.alloc(400_000, 1));
    }
    const manager = new JobManager({store, logger: {info() {}, warn() {}, error() {}}});
    await manager.defineJob({name: 'job', job: () => {}});
    const ask = () => manager.runJob('job', {data: 'x'.repeat(50_000), delay: 3_600_000});
    try {
        for (let count = 0; count < 1_000; count++) {
            await ask();
        }
    } catch (error) {
        console.log(`refused ${isLimited ? error.code.slice(0, 5) : error.code}`);
    }
    if (!isLimited) {
        fs.rmSync(ballast);
        await ask();
        console.log('accepted');
    }
    process.exit();
}

main();

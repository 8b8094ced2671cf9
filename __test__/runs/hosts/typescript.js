'use strict';

// Handlers in TypeScript, for a Node.js that runs it: tells what came of them. Its argument is a folder for the files.

const fs = require('node:fs');
const path = require('node:path');
const JobManager = require('../../..');

const MODULES = {
    'module.ts': 'export default async (data: {a: number}): Promise<number> => data.a + 1;',
    'module.mts': 'import os from "node:os"; export default (data: {a: number}) => data.a + (os ? 2 : 0);',
    'module.cts': 'module.exports = (data: {a: number}) => (data.a as number) + 3;',
    'none.ts': 'export const width: number = 1;'
};

async function main() {
    const [, , folder] = process.argv;
    const manager = new JobManager({errorHandler() {}, logger: {info() {}, warn() {}, error() {}}});
    const told = {};
    for (const [name, text] of Object.entries(MODULES)) {
        const file = path.join(folder, name);
        fs.writeFileSync(file, text);
        for (const offloaded of [true, false]) {
            const job = `${name} ${offloaded ? 'offloaded' : 'inline'}`;
            await manager.defineJob({name: job, job: file, offloaded});
            const run = await manager.runJob(job, {data: {a: 1}});
            told[job] = await run.result.catch(({code}) => code);
        }
    }
    console.log(JSON.stringify(told));
    await manager.shutdown();
}

main();

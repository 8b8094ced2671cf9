'use strict';

// The basic cases of handlers, for other versions of Node.js: tells what came of them.

const JobManager = require('../../..');

const jobs = (name) => require.resolve(`../jobs/${name}`);

async function main() {
    const manager = new JobManager({errorHandler() {}});
    const call = async (name, data) => (await manager.runJob(name, {data})).result;
    const fails = (name, data) =>
        call(name, data).then(
            () => 'completed',
            ({code, name: kind}) => code ?? kind
        );
    await manager.defineJob({name: 'cjs', job: jobs('echo.js'), concurrency: 1});
    await manager.defineJob({name: 'esm', job: jobs('echo.mjs')});
    await manager.defineJob({name: 'inline', job: (data) => data});
    await manager.defineJob({name: 'ends', job: jobs('ends.js'), gracePeriod: 100});
    await manager.defineJob({name: 'none', job: jobs('no-function.js')});
    const pids = [(await call('cjs')).pid, (await call('cjs')).pid];
    console.log(
        JSON.stringify({
            isReused: pids[0] === pids[1],
            esm: (await call('esm', {a: 1})).data,
            inline: await call('inline', 2),
            thrown: await fails('ends', {how: 'throw'}),
            exited: await fails('ends', {how: 'exit', value: 0}),
            killed: await fails('ends', {how: 'kill'}),
            none: await fails('none')
        })
    );
    await manager.shutdown();
}

main();

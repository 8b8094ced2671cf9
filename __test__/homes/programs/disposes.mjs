/** A host with `await using`, which is given the package as its argument. */

import {createRequire} from 'node:module';

const JobManager = createRequire(import.meta.url)(process.argv[2]);
const say = (what) => () => console.log(what);

{
    await using manager = new JobManager({logger: {}});
    await manager.addJob({name: 'often', at: 'every 1 hour', job: say('never'), offloaded: false});
    manager.addJob({job: say('an inline job'), offloaded: false});
    console.log('the end of the block');
}
console.log('after the block');

try {
    await using manager = new JobManager({logger: {}});
    await manager.addJob({name: 'often', at: 'every 1 hour', job: say('never'), offloaded: false});
    throw new Error('of the block');
} catch ({message}) {
    console.log(`caught the error ${message}`);
}

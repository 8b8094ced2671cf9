import path from 'node:path';
import {describe, expect, it} from 'vitest';
import JobManager from '../../../index.js';
import suite from './suite.js';

const job = (name) => path.join(import.meta.dirname, '..', 'jobs', `${name}.js`);

describe('a host in ES modules', () => {
    suite(JobManager, {it, expect});

    it('may leave a recurring job and a running one behind', async () => {
        const manager = new JobManager({logger: {}});
        await manager.addJob({name: 'often', at: 'every 1 second', job: job('completes')});
        const begun = new Promise((resolve) => {
            manager.bree.once('worker created', resolve);
        });
        await manager.addJob({job: job('spins')});
        await begun;
    });
});

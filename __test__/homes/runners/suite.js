'use strict';

/**
 * What a host's own tests do, in the words that vitest and jest share: `describe`, `it`, `expect` are the runner's.
 */

const path = require('node:path');

const completes = path.join(__dirname, '..', 'jobs', 'completes.js');

/**
 * @param {new (options?: object) => any} JobManager
 * @param {{it: Function, expect: Function}} runner
 */
module.exports = (JobManager, {it, expect}) => {
    const create = () => new JobManager({logger: {}});

    it('runs an offloaded job', async () => {
        const manager = create();
        const completion = manager.awaitCompletion('completes');
        await manager.addJob({job: completes});
        await completion;
        await manager.shutdown();
    });

    it('runs inline jobs', async () => {
        const manager = create();
        const done = [];
        for (let number = 0; number < 1000; number++) {
            manager.addJob({offloaded: false, data: number, job: (data) => done.push(data)});
        }
        await manager.allSettled();
        expect(done.length).toBe(1000);
    });

    it('runs a module inline', async () => {
        const manager = create();
        const data = [];
        await manager.addJob({
            offloaded: false,
            job: path.join(__dirname, '..', '..', 'inline', 'modules', 'common.js'),
            data
        });
        await manager.allSettled();
        expect(data).toEqual(['common.js']);
    });

    it('sends data and messages', async () => {
        const messages = [];
        const manager = new JobManager({
            logger: {},
            workerMessageHandler: ({message}) => messages.push(message)
        });
        const completion = manager.awaitCompletion('echoes');
        await manager.addJob({
            job: path.join(__dirname, '..', 'jobs', 'echoes.js'),
            data: {when: new Date(0), bytes: Buffer.from('hi'), map: new Map([[1, 'one']])}
        });
        await completion;
        expect(messages[0].when.getTime()).toBe(0);
        expect(Buffer.from(messages[0].bytes).toString()).toBe('hi');
        expect(messages[0].map.get(1)).toBe('one');
        await manager.shutdown();
    });

    it('understands a Date and refuses nonsense', async () => {
        const manager = create();
        const ran = manager.awaitCompletion('later');
        await manager.addJob({name: 'later', at: new Date(Date.now() + 100), job: completes});
        await ran;
        const refusal = await manager
            .addJob({name: 'never', at: 'nonsense', job: completes})
            .catch((error) => error);
        expect(refusal.message).toBe('Invalid schedule format');
        await manager.shutdown();
    });

    it('reports a job that fails', async () => {
        const manager = create();
        const failure = manager.awaitCompletion('throws').catch((error) => error);
        await manager.addJob({job: path.join(__dirname, '..', 'jobs', 'throws.js')});
        expect((await failure).message).toBe('no luck');
        await manager.shutdown();
    });
};

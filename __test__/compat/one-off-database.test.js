'use strict';

/** One-off jobs on a table of a real database, through Bookshelf and Knex as in Ghost. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const {openDatabase} = require('../support/database');
const {chapter} = require('./support');
const {gate, recorder} = require('./support/recorder');

const {same, fix} = chapter('One-off jobs in a database');

/** Runs a case with a `jobs` table of its own. */
const withDatabase = (run) => async (context) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'job-manager-compat-'));
    const filename = path.join(folder, 'jobs.db');
    const database = await openDatabase(filename);
    const row = (name) => database.connection('jobs').where({name}).first();
    try {
        await run({...context, ...database, filename, row});
    } finally {
        await database.close();
        fs.rmSync(folder, {recursive: true, force: true});
    }
};

/** A function whose promises resolve once it has been called `count` times. */
function barrier(count) {
    const {open, opened} = gate();
    let missing = count;
    return () => {
        missing -= 1;
        if (missing === 0) {
            open();
        }
        return opened;
    };
}

/** A model that adds a row only when every host has seen that there is none. */
function addingAfter(allHaveRead, Model) {
    return class extends Model {
        static async add(columns) {
            await allHaveRead();
            return super.add(columns);
        }
    };
}

same(
    'an inline one-off leaves its row finished, with its times',
    withDatabase(async ({JobModel, create, row}) => {
        const manager = create({JobModel});
        const before = Date.now();
        await manager.addOneOffJob({name: 'members-migrations', job: () => {}, offloaded: false});
        const model = await manager.awaitOneOffCompletion('members-migrations');
        assert.equal(model.get('status'), 'finished');

        const {id, status, started_at: startedAt, finished_at: finishedAt} = await row('members-migrations');
        assert.deepEqual([id, status], [model.id, 'finished']);
        assert.match(id, /^[0-9a-f]{24}$/);
        assert.ok(new Date(startedAt) >= before - 1_000 && new Date(startedAt) <= new Date(finishedAt));
    })
);

same(
    'an offloaded one-off, too',
    withDatabase(async ({JobModel, create, jobFile, row}) => {
        const manager = create({JobModel});
        await manager.addOneOffJob({name: 'generate-backup', job: jobFile('done.js')});
        await manager.awaitOneOffCompletion('generate-backup');
        const {status, started_at: startedAt, finished_at: finishedAt} = await row('generate-backup');
        assert.equal(status, 'finished');
        assert.ok(new Date(startedAt) <= new Date(finishedAt));
    })
);

same(
    'a failed one-off has a failed row, and a host that starts later runs it again',
    withDatabase(async ({JobModel, create, jobFile, row}) => {
        const first = create({JobModel, errorHandler: () => {}});
        const completion = first.awaitCompletion('generate-backup');
        // Inline: upstream writes the failure of an offloaded job twice, the second time when the other host may run.
        const job = () => Promise.reject(new Error('job error'));
        await first.addOneOffJob({name: 'generate-backup', job, offloaded: false});
        await assert.rejects(completion, /job error/);
        const failed = await row('generate-backup');
        assert.equal(failed.status, 'failed');
        assert.equal(await first.hasExecutedSuccessfully('generate-backup'), false);

        const second = create({JobModel});
        await second.addOneOffJob({name: 'generate-backup', job: jobFile('done.js')});
        await second.awaitOneOffCompletion('generate-backup');
        assert.equal((await row('generate-backup')).id, failed.id);
        assert.equal(await second.hasExecutedSuccessfully('generate-backup'), true);
    })
);

same(
    'a one-off that was executed stays so for other hosts',
    withDatabase(async ({JobModel, create, filename}) => {
        const first = create({JobModel});
        await first.addOneOffJob({name: 'migrate', job: () => {}, offloaded: false});
        await first.awaitOneOffCompletion('migrate');

        const other = await openDatabase(filename);
        try {
            const manager = create({JobModel: other.JobModel});
            await assert.rejects(manager.addOneOffJob({name: 'migrate', job: () => {}, offloaded: false}), {
                message: 'A "migrate" one off job has already been executed.'
            });
        } finally {
            await other.close();
        }
    })
);

fix(
    'the unique key of the table decides between two hosts',
    {
        upstream: 'the loser rejects with the error of the database',
        ours: 'the loser rejects as already executed'
    },
    withDatabase(async ({JobModel, create, filename, pick}) => {
        const other = await openDatabase(filename);
        try {
            const job = recorder();
            const bothHaveRead = barrier(2);
            const outcomes = await Promise.allSettled(
                [JobModel, other.JobModel].map((Model) =>
                    create({JobModel: addingAfter(bothHaveRead, Model)}).addOneOffJob({
                        name: 'migrate',
                        job,
                        offloaded: false
                    })
                )
            );
            const {reason} = outcomes.find(({status}) => status === 'rejected');
            await create({JobModel}).awaitOneOffCompletion('migrate');
            assert.equal(job.calls.length, 1);
            assert.match(
                reason.message,
                pick({
                    upstream: /UNIQUE constraint failed/,
                    ours: /A "migrate" one off job has already been executed\./
                })
            );
        } finally {
            await other.close();
        }
    })
);

'use strict';

/**
 * A lock in the job table that keeps two hosts from adding the same failed one-off job at once.
 *
 * The first claim of a job is decided by the unique key of its new row. To claim a row that exists, a host reads the
 * row and edits it by its id; `findOne` and `edit` do not prevent another host from doing the same in between. If the
 * model can delete rows, each host therefore first adds a lock row, whose name is derived from the job's. The unique
 * key lets only one host succeed. That host reads the job's row again, claims it, and deletes the lock row. A lock row
 * left by a killed host expires after a minute.
 *
 * Without `destroy` in the model the time between reading and editing is unprotected: two hosts that add the same
 * failed job within it both run it.
 */

const {columnOf, idOf} = require('./row');

/** Longer than a claim can take, including all retries and small differences between the hosts' clocks. */
const LEASE_MS = 60_000;
/** Prefix of lock rows, which no job name starts with. */
const PREFIX = '__job-manager-claim__:';
/** The longest name that fits into Ghost's `jobs` table. */
const NAME_CHARS = 191;

/**
 * Calls `work` while this host holds the lock of a job.
 *
 * @param {import('./jobs-repository').JobsRepository} repository
 * @param {string} name - the job
 * @template T
 * @param {() => Promise<T>} work
 * @param {{onLeft: (error: Error) => void}} handlers - called if the lock row could not be deleted
 * @returns {Promise<T | undefined>} the result of `work`; undefined if another host holds the lock
 */
async function exclusively(repository, name, work, {onLeft}) {
    const lock = lockName(name);
    if (!(await take(repository, lock))) {
        return undefined;
    }
    try {
        return await work();
    } finally {
        await release(repository, lock).catch(onLeft);
    }
}

async function take(repository, lock) {
    const row = () => ({name: lock, status: 'started', started_at: new Date()});
    if (await repository.add(row())) {
        return true;
    }
    const held = await repository.read(lock);
    if (!held || Date.now() - new Date(columnOf(held, 'started_at')).getTime() < LEASE_MS) {
        return false;
    }
    await repository.remove(lock, idOf(held));
    return repository.add(row());
}

async function release(repository, lock) {
    const held = await repository.read(lock);
    if (held) {
        await repository.remove(lock, idOf(held));
    }
}

function lockName(name) {
    const plain = `${PREFIX}${name}`;
    if (plain.length <= NAME_CHARS) {
        return plain;
    }
    // Loading it takes 2 ms, and few names are so long.
    const {createHash} = require('node:crypto');
    return `${PREFIX}${createHash('sha256').update(name).digest('hex')}`;
}

module.exports = {exclusively};

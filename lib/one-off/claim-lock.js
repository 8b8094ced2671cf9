'use strict';

/**
 * A lock between hosts on adding a failed one-off job again.
 *
 * A first claim is decided by the unique key of the new row. To claim a row that exists, a host reads
 * it and edits it by its id, and nothing in `findOne` and `edit` keeps another host from doing the
 * same in between. Where the model can delete rows, both first add a row of one and the same name:
 * its unique key lets one of them in, which then looks at the job's row again, and deletes the lock
 * when it is done. A lock that a killed host has left gives way after a minute.
 *
 * A model without `destroy` leaves the moment between reading and editing unprotected: two hosts that
 * add the same failed job within it both run it.
 */

const {createHash} = require('node:crypto');
const {columnOf, idOf} = require('./row');

/** Longer than a claim can take, with all tries of its calls and clocks that differ a little. */
const LEASE_MS = 60_000;
/** No job of a host is called so. */
const PREFIX = '__job-manager-claim__:';
/** The longest name that fits Ghost's table. */
const NAME_CHARS = 191;

/**
 * Calls `work` while no other host is let into it.
 *
 * @param {import('./jobs-repository').JobsRepository} repository
 * @param {string} name - the job
 * @template T
 * @param {() => Promise<T>} work
 * @param {{onLeft: (error: Error) => void}} handlers - told when the lock could not be deleted
 * @returns {Promise<T | undefined>} what `work` answered; undefined when another host is in it
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
    return plain.length <= NAME_CHARS ? plain : `${PREFIX}${createHash('sha256').update(name).digest('hex')}`;
}

module.exports = {exclusively};

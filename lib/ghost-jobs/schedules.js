'use strict';

/** Recurring jobs: each due time of a type is a dispatch of it, as in Ghost's own adapter. */

const {scheduleName, readName} = require('./names');

/** How often the dispatch of a due time is tried: the store may be full for a moment. */
const ATTEMPTS = 5;

class Schedules {
    #parts;
    /** Types with a schedule. */
    #types = new Set();
    /** Schedules that an earlier process has left in the store, by type. @type {Map<string, string>} */
    #kept = new Map();

    /**
     * @param {object} parts
     * @param {import('../../index')} parts.manager
     * @param {(dispatch: import('./arguments').Dispatch) => Promise<void> | void} parts.accept
     * @param {{info: Function, warn: Function}} parts.logger
     * @param {boolean} parts.hasStore
     */
    constructor(parts) {
        this.#parts = parts;
        for (const {name, at} of parts.manager.storedJobs()) {
            const {type, isSchedule} = readName(name);
            if (isSchedule && at !== undefined) {
                this.#kept.set(type, at);
            }
        }
    }

    /**
     * The first schedule of a type counts, with a store also that of an earlier process: Ghost draws many of them at random at
     * each start, and a nightly job must not be put off by restarts.
     *
     * @param {import('./arguments').Dispatch & {cron: string}} recurring
     */
    async add({envelope, queue, cron}) {
        const {type} = envelope;
        if (this.#types.has(type)) {
            return;
        }
        this.#types.add(type);
        const at = this.#kept.get(type) ?? cron;
        this.#report(type, at, cron);
        try {
            await this.#parts.manager.defineJob({
                name: scheduleName(type),
                at,
                job: (data, run) => this.#tick({envelope, queue}, run),
                attempts: ATTEMPTS
            });
        } catch (error) {
            this.#types.delete(type);
            throw error;
        }
    }

    #tick(dispatch, {name, due, id}) {
        // The store dedupes on it, should this process die between the dispatch and the end of this run.
        const once = this.#parts.hasStore ? {id: `${name} ${due?.toISOString() ?? id}`} : {};
        return this.#parts.accept({...dispatch, ...once});
    }

    #report(type, at, cron) {
        if (at === cron) {
            return;
        }
        const line = `Recurring job "${type}" stays at "${at}", which the store has kept; this start asked for "${cron}"`;
        if (rhythmOf(at) === rhythmOf(cron)) {
            this.#parts.logger.info(line);
        } else {
            this.#parts.logger.warn(
                `${line}, which is another rhythm. If that was meant, remove the old one while Ghost is stopped: ` +
                    `DELETE FROM schedules WHERE job = '${scheduleName(type).replaceAll("'", "''")}'`
            );
        }
    }
}

/** What remains of a schedule when the numbers that may be drawn at random do not count. */
const rhythmOf = (cron) => cron.trim().replaceAll(/(?<![/\d])\d+/g, 'n');

module.exports = {Schedules};

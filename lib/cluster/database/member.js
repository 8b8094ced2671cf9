'use strict';

const {clockOffset} = require('../clock');
const {invalid} = require('../../host/options');
const {lockOf} = require('../lock');
const {SkipReports} = require('../skip-reports');
const {Troubles} = require('../troubles');
const {hostOf} = require('./host-text');
const {OneOffs} = require('./one-offs');
const {runIdOf} = require('./run-id');
const {LONGEST_NAME, SlotTable} = require('./table');

/** Taken now: a host's tests may replace them. */
const {setTimeout, clearTimeout, setInterval, clearInterval} = globalThis;
const now = Date.now;

/** Slots are kept for so long: longer than clocks differ and hosts stand still. */
const KEEP_MS = 24 * 60 * 60 * 1000;
const PRUNE_PERIOD_MS = 60 * 60 * 1000;
const CLOCK_PERIOD_MS = 5 * 60 * 1000;
const RETRY_MS = 250;
const LEAST_WATCH_MS = 100;
const LATE_MS = 1_000;

/** A host of a cluster that has a table in common, and nothing else: no queue, no messages, no polling. */
class DatabaseMember {
    #host;
    #options;
    #table;
    #link;
    #skips;
    #oneOffs;
    #troubles;
    #lockMs;
    #ready;
    /** Jobs of this host that the cluster shares, by name. */
    #jobs = new Map();
    /** Slots that this host has, by the ids of their runs. */
    #held = new Map();
    /** Claims that have not been answered: the newest slot of each job. */
    #claims = new Map();
    #renewal;
    #watch;
    #clockReadMs = -Infinity;
    #offsetMs;
    #prunedMs = now();
    #isClosing = false;
    /** What still has to be written. */
    #writes = new Set();
    /** Ids of runs whose ends are among it. */
    #ending = new Set();

    constructor(host, options) {
        this.#host = host;
        this.#options = options;
        this.#lockMs = lockOf(options.lease);
        /** How often a one-off job is looked at that has not ended: no host keeps a run that it has lost for so long. */
        this.lookMs = this.#lockMs + LATE_MS;
        const {instance: id, hostname} = host;
        this.#table = new SlotTable(options, {id, hostname, pid: process.pid});
        this.#link = new host.native.ClusterLink(host.instance, () => this.#takeNews());
        this.#skips = new SkipReports(this.#link);
        this.#troubles = new Troubles(host, `table "${options.table}"`, () => this.#table.now());
        this.#oneOffs = new OneOffs({
            host,
            table: this.#table,
            link: this.#link,
            lockMs: this.#lockMs,
            hold: (slot, sentMs) => this.#hold(slot, sentMs),
            release: (slotId, end) => this.ended(slotId, end),
            watchSoon: (afterMs) => this.#watchSoon(afterMs)
        });
        this.#offsetMs = options.clockSkew;
        this.#link.setClockOffset(this.#offsetMs);
        this.#ready = this.#open();
    }

    check(name, job) {
        if (job.overlap === 'queue-one') {
            throw invalid(
                `The option "overlap" of job "${name}" is 'queue-one', and a table has no queue: use 'skip' or 'allow', or let BullMQ carry the cluster`
            );
        }
        if (Buffer.byteLength(name) > LONGEST_NAME) {
            throw invalid(
                `The name of job "${name}" is longer than ${LONGEST_NAME} bytes, which the table cannot keep`
            );
        }
    }

    added(job) {
        this.#jobs.set(job.name, job);
        this.#watchSoon(LEAST_WATCH_MS);
        if (job.isRecurring) {
            void this.#trying(`Reading the last slot of job "${job.name}"`, async () => {
                await this.#ready;
                const last = await this.#table.last(job.name);
                if (last !== undefined && this.#jobs.has(job.name)) {
                    this.#link.resume(job.name, last);
                }
            });
        }
    }

    removed(name) {
        this.#jobs.delete(name);
    }

    /** An attempt of a run has failed, and another one follows. */
    attemptFailed(id, next) {
        const slot = this.#held.get(id);
        if (slot !== undefined) {
            slot.next = next;
            this.#write(() => this.#table.keepAttempt(slot));
        }
    }

    ended(id, {kind}) {
        const slot = this.#forget(id);
        if (kind === 'lost') {
            // Where no other host takes it over, this one does.
            this.#watchSoon(this.#lockMs);
            return;
        }
        if (slot === undefined) {
            return;
        }
        const isOver = kind !== 'back' && kind !== 'unknown';
        this.#ending.add(id);
        const write = isOver ? () => this.#table.end(slot) : () => this.#table.giveBack(slot);
        void this.#write(write).finally(() => this.#ending.delete(id));
        if (!isOver) {
            this.#watchSoon(this.#lockMs);
        }
    }

    /** This host has claimed the row of a one-off job: it runs it at once. */
    async oneOff(name) {
        await this.#ready;
        await this.#oneOffs.claim(name);
    }

    /** @returns {Promise<{state: string, id?: string}>} what the table has of a one-off job, and of which run */
    async oneOffState(name) {
        await this.#ready;
        return this.#oneOffs.state(name);
    }

    /** @returns {Promise<boolean>} whether no other host may have a run of this one */
    async confirm(id) {
        const slot = this.#held.get(id);
        if (slot === undefined || this.#host.native.bootMs() < slot.untilMs) {
            return slot !== undefined;
        }
        // The event loop was blocked, perhaps: nobody may have taken it since.
        return (
            (await this.#trying(`Renewing the lease of run ${id}`, () =>
                this.#table.renew(slot, this.#lockMs)
            )) === true
        );
    }

    async info() {
        const rows = await this.#table.unfinished([...this.#jobs.keys()]);
        const hosts = new Map();
        const running = rows.map((row) => {
            const host = hostOf(row.host);
            hosts.set(host?.id, host);
            const {name: job, since, fence, next} = row;
            return {id: runIdOf(row), job, host: host?.id, since, attempt: next?.attempt ?? 1, fence};
        });
        return {hosts: [...hosts.values()].filter(Boolean), queue: {}, running};
    }

    closing() {
        this.#isClosing = true;
        this.#troubles.close();
        clearTimeout(this.#watch?.timer);
    }

    async close(limitMs) {
        this.closing();
        this.#skips.flush();
        for (const [id, slot] of this.#held) {
            this.#forget(id);
            void this.#write(() => this.#table.giveBack(slot));
        }
        const limit = new Promise((resolve) => setTimeout(resolve, limitMs).unref());
        await Promise.race([Promise.allSettled(this.#writes), limit]);
        clearInterval(this.#renewal);
    }

    async #open() {
        await this.#trying('Creating the table of slots', () => this.#table.create());
        await this.#readClock();
    }

    async #readClock() {
        if (now() - this.#clockReadMs < CLOCK_PERIOD_MS) {
            return;
        }
        this.#clockReadMs = now();
        await this.#trying('Reading the clock of the database', async () => {
            const host = {skewMs: this.#options.clockSkew, now};
            this.#offsetMs = await clockOffset(() => this.#table.now(), host);
            this.#link.setClockOffset(this.#offsetMs);
        });
    }

    #takeNews() {
        for (const news of this.#link.take()) {
            if (news.type === 'slotNear') {
                void this.#claim(news.name, news.dueMs);
            } else if (news.type === 'declined') {
                this.ended(news.id, {kind: 'completed'});
            } else {
                const slot = this.#forget(news.id);
                if (slot !== undefined && this.#isClosing) {
                    void this.#write(() => this.#table.giveBack(slot));
                }
                // There may be no other host that redoes it.
                this.#watchSoon(this.#lockMs);
            }
        }
    }

    /** The newest slot counts: after an outage there is one claim for each job, and not one for each slot that has passed. */
    async #claim(name, dueMs) {
        const before = this.#claims.get(name);
        if (before !== undefined) {
            before.isOver = true;
        }
        const claim = {isOver: false};
        this.#claims.set(name, claim);
        const [seenMs, offsetMs] = [this.#link.nowMs(), this.#offsetMs];
        await this.#ready;
        const correctionMs = this.#offsetMs - offsetMs;
        if (correctionMs !== 0 && seenMs + correctionMs - dueMs > LATE_MS) {
            // By the clock of this host it had yet to come, and by that of the server it was over.
            this.#answered(name, claim);
            return;
        }
        while (!claim.isOver && !this.#isClosing && this.#jobs.has(name)) {
            const sentMs = this.#host.native.bootMs();
            try {
                const isOurs = await this.#table.claim(name, dueMs, this.#lockMs);
                this.#answered(name, claim);
                await (isOurs
                    ? this.#won({name, slot: dueMs, fence: 1}, sentMs)
                    : this.#watchSoon(this.#lockMs));
                this.#tidy(name);
                return;
            } catch (error) {
                this.#report(`Claiming a slot of job "${name}"`, error);
                await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
            }
        }
        if (claim.isOver) {
            this.#skips.add(name, dueMs, 'missed');
        }
        this.#answered(name, claim);
    }

    #answered(name, claim) {
        if (this.#claims.get(name) === claim) {
            this.#claims.delete(name);
        }
    }

    /** @param {number} sentMs - when the claim was sent: the lease counts from there */
    async #won(slot, sentMs) {
        const isLate = this.#link.nowMs() - slot.slot > LATE_MS;
        if (await this.#overlaps(slot)) {
            if (isLate) {
                // It makes up for what passed without a host, or is redone: it waits until the other run has ended.
                void this.#write(() => this.#table.giveBack(slot));
                this.#watchSoon(this.#options.lease / 3);
            } else {
                this.#skips.add(slot.name, slot.slot, 'overlap');
                void this.#write(() => this.#table.end(slot));
            }
            return;
        }
        const {id, grant} = this.#hold(slot, sentMs);
        try {
            const answer = this.#link.grant(slot.name, slot.slot, grant);
            if (answer !== 'accepted') {
                this.ended(id, {kind: 'completed'});
            }
        } catch {
            // The job was removed meanwhile, the manager shuts down, or the answer of the database took as long as the lease.
            this.ended(id, {kind: 'back'});
        }
    }

    /** @returns {{id: string, grant: object}} what this host has of a slot from now on */
    #hold(slot, sentMs) {
        const id = runIdOf(slot);
        const leaseUntilMs = sentMs + this.#options.lease;
        slot.untilMs = leaseUntilMs;
        this.#held.set(id, slot);
        this.#renewal ??= setInterval(() => void this.#renewAll(), this.#options.lease / 3).unref();
        return {id, grant: {id, fence: slot.fence, leaseUntilMs, ...slot.next}};
    }

    /** Whether an earlier run of the job goes when this one is due. */
    async #overlaps({name, slot}) {
        if (this.#jobs.get(name)?.overlap === 'allow') {
            return false;
        }
        const others = async () => {
            const rows = await this.#table.unfinished([name]);
            return rows.some((row) => row.slot !== slot && row.leftMs > 0);
        };
        if (!(await others())) {
            return false;
        }
        const untilDueMs = slot - this.#link.nowMs() - RETRY_MS / 10;
        if (untilDueMs > 0) {
            await new Promise((resolve) => setTimeout(resolve, untilDueMs));
            return others();
        }
        return true;
    }

    async #renewAll() {
        const {native} = this.#host;
        for (const [id, slot] of this.#held) {
            const sentMs = native.bootMs();
            try {
                if (await this.#table.renew(slot, this.#lockMs)) {
                    slot.untilMs = sentMs + this.#options.lease;
                    this.#link.renew(id, slot.untilMs);
                } else if (this.#held.get(id) === slot) {
                    slot.untilMs = -Infinity;
                    this.#link.revoke(id);
                }
            } catch (error) {
                this.#report(`Renewing the lease of run ${id}`, error);
            }
        }
        if (this.#held.size === 0) {
            clearInterval(this.#renewal);
            this.#renewal = undefined;
        }
    }

    /** Looks after slots of other hosts, whose leases may be over: once for all of them, as late as it is of use. */
    #watchSoon(afterMs) {
        const atMs = now() + afterMs;
        if (this.#isClosing || this.#watch?.atMs <= atMs) {
            return;
        }
        clearTimeout(this.#watch?.timer);
        // Hosts that look at the same time take each other's slots.
        const timer = setTimeout(() => void this.#look(), afterMs * (1 + Math.random() / 10)).unref();
        this.#watch = {timer, atMs};
    }

    async #look() {
        this.#watch = undefined;
        await this.#ready;
        const names = [...this.#jobs.keys()];
        const rows = await this.#trying('Looking for lost runs', () => this.#table.unfinished(names));
        if (rows === undefined) {
            this.#watchSoon(this.#options.lease / 3);
            return;
        }
        for (const row of rows.filter((one) => !this.#isOurs(one))) {
            const isTaken = row.leftMs <= 0 && (await this.#takeOver(row));
            if (!isTaken) {
                // Another host has it, which may be lost as well.
                this.#watchSoon(LEAST_WATCH_MS + (row.leftMs > 0 ? row.leftMs : this.#lockMs));
            }
        }
    }

    /** Whether a slot is that of a run which goes here, or whose end is just being written. */
    #isOurs(row) {
        const id = runIdOf(row);
        return this.#held.has(id) || this.#ending.has(id);
    }

    /** @returns {Promise<boolean>} whether this host has it now */
    async #takeOver(row) {
        const {name, slot, fence, next, isGivenBack} = row;
        const sentMs = this.#host.native.bootMs();
        const isOurs = await this.#trying(`Taking over a run of job "${name}"`, () =>
            this.#table.takeOver(row, this.#lockMs)
        );
        const taken = {name, slot, fence: fence + 1, next};
        const job = this.#jobs.get(name);
        if (!isOurs || job === undefined) {
            return isOurs === true;
        }
        if (job.isOneOff) {
            await this.#trying(`Taking over one-off job "${name}"`, () =>
                this.#oneOffs.takeOver(taken, {sentMs, loss: isGivenBack ? undefined : job.onHostLoss})
            );
            return true;
        }
        if (job.onHostLoss === 'fail' && !isGivenBack) {
            this.#host.hostLost(name, runIdOf(taken), {slot});
            void this.#write(() => this.#table.end(taken));
            return true;
        }
        await this.#trying(`Beginning a run of job "${name}" again`, () => this.#won(taken, sentMs));
        return true;
    }

    #forget(id) {
        const slot = this.#held.get(id);
        this.#held.delete(id);
        return slot;
    }

    /** What is not written is found by another host when the lease is over: it is tried for as long as that lasts. */
    #write(send) {
        const writing = this.#writeUntil(now() + this.#lockMs, send).finally(() =>
            this.#writes.delete(writing)
        );
        this.#writes.add(writing);
        return writing;
    }

    async #writeUntil(endMs, send) {
        for (;;) {
            try {
                await send();
                return;
            } catch (error) {
                this.#report('Writing the end of a run', error);
                if (now() > endMs || this.#isClosing) {
                    return;
                }
            }
            await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
    }

    #tidy(name) {
        void this.#readClock();
        if (now() - this.#prunedMs > PRUNE_PERIOD_MS) {
            this.#prunedMs = now();
            void this.#trying(`Deleting old slots of job "${name}"`, async () => {
                for (const job of this.#jobs.keys()) {
                    await this.#table.prune(job, this.#link.nowMs() - KEEP_MS);
                }
            });
        }
    }

    /** @returns {Promise<any>} undefined if it failed, which is logged */
    async #trying(what, call) {
        try {
            return await call();
        } catch (error) {
            this.#report(what, error);
            return undefined;
        }
    }

    #report(what, error) {
        this.#troubles.add(`${what} failed: ${error?.message}`, {code: error?.code, cause: error});
    }
}

module.exports = {DatabaseMember};

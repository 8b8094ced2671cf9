'use strict';

const {invalid} = require('../../host/options');
const {lockOf} = require('../lock');
const {LATE_MS, ServerClock} = require('../server-clock');
const {SkipReports} = require('../skip-reports');
const {Troubles} = require('../troubles');
const {hostOf} = require('./host-text');
const {OneOffs} = require('./one-offs');
const {runIdOf} = require('./run-id');
const {Replacing} = require('./replacing');
const {LONGEST_NAME, SlotTable} = require('./table');
const {WaitingSlots} = require('./waiting');
const {Writes} = require('./writes');

/** Taken now: a host's tests may replace them. */
const {setTimeout, clearTimeout, setInterval, clearInterval} = globalThis;
const now = Date.now;

/** Slots are kept for so long: longer than clocks differ and hosts stand still. */
const KEEP_MS = 24 * 60 * 60 * 1000;
const PRUNE_PERIOD_MS = 60 * 60 * 1000;
const RETRY_MS = 250;
const LEAST_WATCH_MS = 100;

/** A host of a cluster that has a table in common, and nothing else: no queue, no messages, no polling. */
class DatabaseMember {
    #host;
    #options;
    #table;
    #link;
    #skips;
    #oneOffs;
    #waiting;
    #replacing;
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
    #clock;
    #prunedMs = now();
    #isClosing = false;
    #writes;

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
        this.#writes = new Writes(this.#lockMs, (error) => this.#report('Writing the end of a run', error));
        this.#waiting = new WaitingSlots({
            table: this.#table,
            nowMs: () => this.#link.nowMs(),
            begin: (slot) => this.#begin(slot),
            drop: (slot) => this.#skip(slot),
            onLost: () => this.#watchSoon(LEAST_WATCH_MS),
            trying: (what, call) => this.#trying(what, call)
        });
        const [link, table, jobs, held] = [this.#link, this.#table, this.#jobs, this.#held];
        this.#replacing = new Replacing({link, table, jobs, held});
        this.#troubles = new Troubles(host, `table "${options.table}"`, () => this.#table.now());
        this.#oneOffs = new OneOffs({
            host,
            table,
            link,
            held,
            ready: () => this.#ready,
            leaseMs: options.lease,
            lockMs: this.#lockMs,
            hold: (slot) => this.#hold(slot),
            release: (slotId, end) => this.ended(slotId, end),
            watchSoon: (afterMs) => this.#watchSoon(afterMs),
            trying: (what, call) => this.#trying(what, call)
        });
        this.#clock = new ServerClock({
            readServer: () => table.now(),
            link,
            skewMs: options.clockSkew,
            trying: (call) => this.#trying('Reading the clock of the database', call)
        });
        this.#ready = this.#open();
    }

    check(name) {
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
            void this.#writes.add(() => this.#table.keepAttempt(slot));
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
        this.#writes.addEnd(id, isOver ? () => this.#end(slot) : () => this.#table.giveBack(slot));
        if (!isOver) {
            this.#watchSoon(this.#lockMs);
        }
    }

    async #end(slot) {
        await this.#table.end(slot);
        this.#waiting.ended(slot.name);
    }

    /** This host has claimed the row of a one-off job: it runs it at once. */
    oneOff(name) {
        return this.#oneOffs.claim(name);
    }

    /** @returns {Promise<{state: string, id?: string}>} what the table has of a one-off job, and of which run */
    oneOffState(name) {
        return this.#oneOffs.state(name);
    }

    /** @returns {Promise<boolean>} whether no other host may have a run of this one */
    confirm(id) {
        return this.#oneOffs.confirm(id);
    }

    async info() {
        const rows = await this.#table.unfinished([...this.#jobs.keys()]);
        const hosts = new Map();
        const begun = rows.filter(({hasBegun}) => hasBegun);
        const running = begun.map((row) => {
            const host = hostOf(row.host);
            hosts.set(host?.id, host);
            const {name: job, since, fence, next} = row;
            return {id: runIdOf(row), job, host: host?.id, since, attempt: next?.attempt ?? 1, fence};
        });
        return {hosts: [...hosts.values()].filter(Boolean), queue: {}, running};
    }

    /** Only the host of a run can cancel it: a table carries no messages. @returns {Promise<{state?: string}>} */
    async cancel(id) {
        const at = id.lastIndexOf('@');
        const [name, slot] = [id.slice(0, Math.max(0, at)), Date.parse(id.slice(at + 1))];
        const row = Number.isNaN(slot) ? undefined : await this.#table.find(name, slot);
        if (row === undefined) {
            return {};
        }
        if (row.hasEnded) {
            return {state: 'completed'};
        }
        throw Object.assign(
            new Error(
                `The run "${id}" cannot be cancelled on this host: it is another host's, and hosts that have only a table in common send ` +
                    'each other nothing. Cancel it there'
            ),
            {code: 'RUN_NOT_STOPPABLE'}
        );
    }

    closing() {
        this.#isClosing = true;
        this.#waiting.close();
        this.#writes.closing();
        this.#troubles.close();
        clearTimeout(this.#watch?.timer);
    }

    async close(limitMs) {
        this.closing();
        this.#skips.flush();
        for (const [id, slot] of this.#held) {
            this.#forget(id);
            void this.#writes.add(() => this.#table.giveBack(slot));
        }
        const limit = new Promise((resolve) => setTimeout(resolve, limitMs).unref());
        await Promise.race([this.#writes.settled(), limit]);
        clearInterval(this.#renewal);
    }

    async #open() {
        for (let isThere = false; !isThere && !this.#isClosing;) {
            isThere = await this.#trying('Creating the table of slots', async () => {
                await this.#table.create();
                return true;
            });
            if (!isThere) {
                await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
            }
        }
        await this.#clock.readIfOld();
    }

    #takeNews() {
        for (const news of this.#link.take()) {
            if (news.type === 'slotNear') {
                void this.#claim(news.name, news.dueMs);
            } else if (news.type === 'declined') {
                this.ended(news.id, {kind: 'completed'});
            } else if (news.type === 'returned') {
                this.ended(news.id, {kind: 'back'});
            } else {
                this.ended(news.id, {kind: this.#isClosing ? 'back' : 'lost'});
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
        if (await this.#clock.hadPassed(dueMs, this.#ready)) {
            // By the clock of this host it had yet to come, and by that of the server it was over.
            this.#answered(name, claim);
            return;
        }
        this.#replacing.slotNear(name, dueMs);
        while (!claim.isOver && !this.#isClosing && this.#jobs.has(name)) {
            const sentMs = this.#host.native.bootMs();
            try {
                const isOurs = await this.#table.claim(name, dueMs, this.#lockMs);
                this.#answered(name, claim);
                const isInTime = this.#link.nowMs() - dueMs < LATE_MS;
                await (isOurs
                    ? this.#won({name, slot: dueMs, fence: 1, isInTime}, sentMs)
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
        slot.leaseUntilMs = sentMs + this.#options.lease;
        const isLate = this.#link.nowMs() - slot.slot > LATE_MS;
        const rule = WaitingSlots.ruleOf(this.#jobs.get(slot.name) ?? {});
        if (rule !== undefined) {
            this.#hold(slot);
            this.#waiting.add(Object.assign(slot, {hasBegun: true, hasWaited: slot.isInTime}), rule);
        } else if (!(await this.#overlaps(slot))) {
            this.#hold(slot);
            this.#begin(slot);
        } else if (isLate) {
            // It makes up for what passed without a host, or is redone: it waits until the other run has ended.
            void this.#writes.add(() => this.#table.giveBack(slot));
            this.#watchSoon(this.#options.lease / 3);
        } else {
            this.#skip(slot);
        }
    }

    #hold(slot) {
        this.#held.set(runIdOf(slot), slot);
        this.#renewal ??= setInterval(() => void this.#renewAll(), this.#options.lease / 3).unref();
    }

    /** A slot that this host has gets no run. */
    #skip(slot) {
        const id = runIdOf(slot);
        this.#forget(id);
        this.#skips.add(slot.name, slot.slot, 'overlap');
        this.#writes.addEnd(id, () => this.#end(slot));
    }

    #begin(slot) {
        const id = runIdOf(slot);
        slot.isGranted = true;
        try {
            const {name, slot: dueMs, fence, next, leaseUntilMs, hasWaited} = slot;
            const answer = this.#link.grant(name, dueMs, {id, fence, leaseUntilMs, hasWaited, ...next});
            if (answer !== 'accepted') {
                this.ended(id, {kind: 'completed'});
            }
        } catch {
            // The job was removed meanwhile, the manager shuts down, or the answer of the database took as long as the lease.
            this.ended(id, {kind: 'back'});
        }
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
                    slot.leaseUntilMs = sentMs + this.#options.lease;
                    this.#link.renew(id, slot.leaseUntilMs);
                    await this.#replacing.renewed(slot);
                } else if (this.#waiting.remove(slot)) {
                    this.#forget(id);
                } else if (this.#held.get(id) === slot) {
                    slot.leaseUntilMs = -Infinity;
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
        return this.#held.has(id) || this.#writes.isEnding(id);
    }

    /** @returns {Promise<boolean>} whether this host has it now */
    async #takeOver(row) {
        const {name, slot, fence, next, isGivenBack} = row;
        const sentMs = this.#host.native.bootMs();
        const isOurs = await this.#trying(`Taking over a run of job "${name}"`, () =>
            this.#table.takeOver(row, this.#lockMs)
        );
        const taken = {name, slot, fence: fence + 1, next, isRedone: row.hasBegun};
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
        if (job.onHostLoss === 'fail' && row.hasBegun && !isGivenBack) {
            this.#host.hostLost(name, runIdOf(taken), {slot});
            void this.#writes.add(() => this.#table.end(taken));
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

    #tidy(name) {
        void this.#clock.readIfOld();
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

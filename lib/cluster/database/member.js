'use strict';

const {invalid} = require('../../host/options');
const {lockOf} = require('../lock');
const {LATE_MS, ServerClock} = require('../server-clock');
const {SkipReports} = require('../skip-reports');
const {Troubles} = require('../troubles');
const {Claims} = require('./claims');
const {hostOf} = require('./host-text');
const {Leases} = require('./leases');
const {LostSlots} = require('./lost-slots');
const {OneOffs} = require('./one-offs');
const {Replacing} = require('./replacing');
const {runIdOf} = require('./run-id');
const {LONGEST_NAME, SlotTable} = require('./table');
const {WaitingSlots} = require('./waiting');
const {Writes} = require('./writes');

/** Taken now: a host's tests may replace it. */
const {setTimeout} = globalThis;
const now = Date.now;

/** Slots are kept for so long: longer than clocks differ and hosts stand still. */
const KEEP_MS = 24 * 60 * 60 * 1000;
const PRUNE_PERIOD_MS = 60 * 60 * 1000;
const RETRY_MS = 250;

/** A host of a cluster that has a table in common, and nothing else: no queue, no messages, no polling. */
class DatabaseMember {
    #host;
    #options;
    #table;
    #link;
    #leases;
    #claims;
    #lost;
    #skips;
    #oneOffs;
    #waiting;
    #replacing;
    #troubles;
    #lockMs;
    #ready;
    /** Jobs of this host that the cluster shares, by name. */
    #jobs = new Map();
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
        this.#troubles = new Troubles(host, `table "${options.table}"`, () => this.#table.now());
        const [link, table, jobs, lockMs] = [this.#link, this.#table, this.#jobs, this.#lockMs];
        const shared = {
            host,
            link,
            table,
            jobs,
            lockMs,
            leaseMs: options.lease,
            bootMs: host.native.bootMs,
            skips: this.#skips,
            ready: () => this.#ready,
            trying: (what, call) => this.#trying(what, call),
            report: (what, error) => this.#report(what, error)
        };
        this.#writes = new Writes(lockMs, (error) => this.#report('Writing the end of a run', error));
        this.#leases = new Leases({
            ...shared,
            onRenewed: (slot) => this.#replacing.renewed(slot),
            wasWaiting: (slot) => this.#waiting.remove(slot)
        });
        this.#lost = new LostSlots({
            ...shared,
            isOurs: (runId) => this.#leases.has(runId) || this.#writes.isEnding(runId),
            take: (slot, row) => this.#takeOver(slot, row)
        });
        this.#waiting = new WaitingSlots({
            ...shared,
            nowMs: () => link.nowMs(),
            begin: (slot) => this.#begin(slot),
            drop: (slot) => this.#skip(slot),
            onLost: () => this.#lost.lookSoon()
        });
        this.#replacing = new Replacing({...shared, leases: this.#leases});
        this.#oneOffs = new OneOffs({
            ...shared,
            leases: this.#leases,
            release: (runId, end) => this.ended(runId, end),
            lookSoon: (afterMs) => this.#lost.lookSoon(afterMs)
        });
        this.#clock = new ServerClock({
            readServer: () => table.now(),
            link,
            skewMs: options.clockSkew,
            trying: (call) => this.#trying('Reading the clock of the database', call)
        });
        this.#claims = new Claims({
            ...shared,
            clock: this.#clock,
            onNear: (name, dueMs) => this.#replacing.slotNear(name, dueMs),
            onWon: (slot) => this.#won(slot),
            onLost: () => this.#lost.lookSoon(lockMs)
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
        this.#lost.lookSoon();
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
        const slot = this.#leases.get(id);
        if (slot !== undefined) {
            slot.next = next;
            void this.#writes.add(() => this.#table.keepAttempt(slot));
        }
    }

    ended(id, {kind}) {
        const slot = this.#leases.forget(id);
        if (kind === 'lost') {
            // Where no other host takes it over, this one does.
            this.#lost.lookSoon(this.#lockMs);
            return;
        }
        if (slot === undefined) {
            return;
        }
        const isOver = kind !== 'back' && kind !== 'unknown';
        this.#writes.addEnd(id, isOver ? () => this.#end(slot) : () => this.#table.giveBack(slot));
        if (!isOver) {
            this.#lost.lookSoon(this.#lockMs);
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
        this.#claims.close();
        this.#lost.close();
    }

    async close(limitMs) {
        this.closing();
        this.#skips.flush();
        for (const [id, slot] of this.#leases.entries()) {
            this.#leases.forget(id);
            void this.#writes.add(() => this.#table.giveBack(slot));
        }
        const limit = new Promise((resolve) => setTimeout(resolve, limitMs).unref());
        await Promise.race([this.#writes.settled(), limit]);
        this.#leases.close();
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
                void this.#claims.claim(news.name, news.dueMs).then(() => this.#tidy());
            } else if (news.type === 'declined') {
                this.ended(news.id, {kind: 'completed'});
            } else if (news.type === 'returned') {
                this.ended(news.id, {kind: 'back'});
            } else {
                this.ended(news.id, {kind: this.#isClosing ? 'back' : 'lost'});
            }
        }
    }

    /** This host has a slot: begins its run, or waits until that may begin. */
    async #won(slot) {
        const isLate = this.#link.nowMs() - slot.slot > LATE_MS;
        const rule = WaitingSlots.ruleOf(this.#jobs.get(slot.name) ?? {});
        if (rule !== undefined) {
            this.#leases.hold(slot);
            this.#waiting.add(Object.assign(slot, {hasBegun: true, hasWaited: slot.isInTime}), rule);
        } else if (!(await this.#overlaps(slot))) {
            this.#leases.hold(slot);
            this.#begin(slot);
        } else if (isLate) {
            // It makes up for what passed without a host, or is redone: it waits until the other run has ended.
            void this.#writes.add(() => this.#table.giveBack(slot));
            this.#lost.lookSoon(this.#options.lease / 3);
        } else {
            this.#skip(slot);
        }
    }

    /** A slot that this host has gets no run. */
    #skip(slot) {
        const id = runIdOf(slot);
        this.#leases.forget(id);
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

    /** @param {object} slot - that another host had, and this one has now @param {object} row - as it was */
    async #takeOver(slot, {hasBegun, isGivenBack}) {
        const {isOneOff, onHostLoss} = this.#jobs.get(slot.name);
        const loss = isGivenBack ? undefined : onHostLoss;
        if (isOneOff) {
            await this.#oneOffs.takeOver(slot, {loss});
        } else if (loss === 'fail' && hasBegun) {
            this.#host.hostLost(slot.name, runIdOf(slot), slot);
            void this.#writes.add(() => this.#table.end(slot));
        } else {
            await this.#won(slot);
        }
    }

    #tidy() {
        void this.#clock.readIfOld();
        if (now() - this.#prunedMs > PRUNE_PERIOD_MS) {
            this.#prunedMs = now();
            void this.#trying('Deleting old slots', async () => {
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

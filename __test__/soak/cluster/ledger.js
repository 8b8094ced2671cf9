'use strict';

/** Jobs of the soak are due at each second. */
const PERIOD_MS = 1_000;
/** A run whose end is not yet written is redone if its host is disturbed within this time. */
const UNWRITTEN_MS = 1_000;
/** How many slots or runs a message names. */
const MOST_NAMED = 5;

/**
 * What happened in a soak of a cluster: each slot has to have one completed run, or a report that it has none. A run may complete
 * twice only if its first end could not be written: its host was killed, stopped or cut off at that moment.
 */
class Ledger {
    #jobs;
    #fromMs;
    /** Runs by id: `{due, job, tries}`, the tries by process and fence. */
    #runs = new Map();
    #reports = [];
    #disturbances = [];
    /** Runs that were asked for, by id: when, on which host, and whether the outcome came back. */
    #asked = new Map();
    #crashes = [];

    /**
     * @param {string[]} jobs - names of recurring jobs
     * @param {number} fromMs - the first slot that counts
     */
    constructor(jobs, fromMs) {
        this.#jobs = jobs;
        this.#fromMs = fromMs;
    }

    /** A line that a run has written: that it begins, still goes, or ends. */
    line({what, id, host, pid, fence, due, at}) {
        const run = this.#runs.get(id) ?? {due, tries: new Map()};
        this.#runs.set(id, run);
        const key = `${pid} ${fence}`;
        const known = run.tries.get(key) ?? {host, pid, fence, begin: at, isDone: false};
        run.tries.set(key, {...known, last: at, isDone: known.isDone || what === 'end'});
    }

    /** A host has reported that `count` slots of a job from `due` on have no run. */
    report({job, due, count, reason, at}) {
        this.#reports.push({job, due, count, reason, at});
    }

    /** A host was disturbed, for some time or at one moment. @returns {{to: number}} */
    disturbed({kind, host, from, to = from}) {
        const disturbance = {kind, host, from, to};
        this.#disturbances.push(disturbance);
        return disturbance;
    }

    /** A run was asked for and is in the queue. */
    asked({id, host, at}) {
        this.#asked.set(id, {host, at, ...this.#asked.get(id)});
    }

    /** The outcome of a run came back to the host that asked. */
    answered({id, error}) {
        this.#asked.set(id, {...this.#asked.get(id), isAnswered: true, error});
    }

    /** A host ended although nobody had ended it. */
    crashed(what) {
        this.#crashes.push(what);
    }

    /** @returns {{counts: object, violations: string[]}} of all slots and runs before `untilMs` */
    judge(untilMs) {
        const slots = this.#judgeSlots(untilMs);
        const runs = this.#judgeRuns(untilMs);
        const asked = this.#judgeAsked(untilMs);
        return {
            counts: {...slots.counts, ...runs.counts, ...asked.counts, disturbances: this.#kinds()},
            violations: [...slots.violations, ...runs.violations, ...asked.violations, ...this.#crashes]
        };
    }

    #judgeSlots(untilMs) {
        const counts = {slots: 0, completed: 0, reported: 0};
        const violations = [];
        for (const job of this.#jobs) {
            const completed = new Set(
                [...this.#runs]
                    .filter(
                        ([id, {due, tries}]) => due !== undefined && id.startsWith(`${job}@`) && isDone(tries)
                    )
                    .map(([, {due}]) => due)
            );
            const missing = [];
            for (let due = this.#fromMs; due < untilMs; due += PERIOD_MS) {
                counts.slots += 1;
                if (completed.has(due)) {
                    counts.completed += 1;
                } else {
                    missing.push(due);
                }
            }
            const reports = this.#reports.filter((report) => report.job === job);
            const lost = withoutReport(missing, reports);
            counts.reported += missing.length - lost.length;
            if (lost.length > 0) {
                violations.push(`${job}: neither completed nor reported: ${this.#named(lost)}`);
            }
            const wrong = reports.filter(
                ({due, count}) => count === 1 && completed.has(due) && due < untilMs
            );
            if (wrong.length > 0) {
                violations.push(
                    `${job}: completed, and reported as skipped: ${this.#named(wrong.map(({due}) => due))}`
                );
            }
        }
        return {counts, violations};
    }

    #judgeRuns(untilMs) {
        const counts = {redone: 0, completedAgain: 0};
        const violations = [];
        for (const [id, run] of this.#runs) {
            const tries = [...run.tries.values()].toSorted((one, other) => one.begin - other.begin);
            if (tries.length < 2 || tries[0].begin > untilMs) {
                continue;
            }
            counts.redone += 1;
            const overlapMs = overlapOf(tries);
            if (overlapMs > 0) {
                violations.push(
                    `${id}: two hosts had it at once, for ${overlapMs} ms: ${this.#described(tries)}`
                );
            }
            const done = tries.filter((one) => one.isDone);
            if (done.length < 2) {
                continue;
            }
            counts.completedAgain += 1;
            if (!done.slice(0, -1).every((one) => this.#mayBeUnwritten(one))) {
                violations.push(`${id}: completed ${done.length} times: ${this.#described(tries)}`);
            }
        }
        return {counts, violations};
    }

    #judgeAsked(untilMs) {
        const asked = [...this.#asked].filter(([, {at}]) => at < untilMs);
        const ended = this.#disturbances.filter(({kind}) => kind === 'kill' || kind === 'shutdown');
        const gone = new Set(ended.map(({host}) => host));
        const isLost = ([id, {error}]) => error === undefined && !isDone(this.#runs.get(id)?.tries);
        const lost = asked.filter(isLost).map(([id]) => id);
        const failed = asked.filter(([, {error, host}]) => error !== undefined && !gone.has(host));
        const unanswered = asked.filter(([, {host, isAnswered}]) => !isAnswered && !gone.has(host));
        const violations = [
            [lost, 'was accepted and never completed'],
            [failed.map(([id, {error}]) => `${id} (${error})`), 'failed'],
            [unanswered.map(([id]) => id), 'has no answer']
        ]
            .filter(([ids]) => ids.length > 0)
            .map(
                ([ids, what]) => `asked for: ${ids.length} × ${what}: ${ids.slice(0, MOST_NAMED).join(', ')}`
            );
        return {counts: {asked: asked.length, askedCompleted: asked.length - lost.length}, violations};
    }

    #mayBeUnwritten({host, last}) {
        return this.#disturbances.some(
            (one) => one.host === host && last >= one.from - UNWRITTEN_MS && last <= one.to + UNWRITTEN_MS
        );
    }

    #kinds() {
        const kinds = {};
        for (const {kind} of this.#disturbances) {
            kinds[kind] = (kinds[kind] ?? 0) + 1;
        }
        return kinds;
    }

    #named(slots) {
        const some = slots
            .slice(0, MOST_NAMED)
            .map((due) => `${clock(due)} (${this.#near(due) || 'undisturbed'})`);
        return `${slots.length}: ${some.join(', ')}`;
    }

    #described(tries) {
        const each = tries.map(
            ({host, fence, begin, last, isDone: done}) =>
                `host ${host} fence ${fence} ${clock(begin)} to ${clock(last)}${done ? ' done' : ''}`
        );
        return `${each.join('; ')}; ${this.#near(tries[0].begin) || 'undisturbed'}`;
    }

    /** What was done shortly before and after. */
    #near(ms) {
        return this.#disturbances
            .filter(({from, to}) => ms > from - 5_000 && ms < to + 10_000)
            .map(({kind, host, from, to}) => `${kind} of ${host} ${clock(from)} to ${clock(to)}`)
            .join(', ');
    }
}

const clock = (ms) => new Date(ms).toISOString().slice(11, 23);
const isDone = (tries) => tries !== undefined && [...tries.values()].some((one) => one.isDone);

/** The longest time in ms for which two of the tries of one run went at once. */
function overlapOf(tries) {
    let longestMs = 0;
    for (const [index, one] of tries.entries()) {
        for (const other of tries.slice(index + 1)) {
            longestMs = Math.max(
                longestMs,
                Math.min(one.last, other.last) - Math.max(one.begin, other.begin)
            );
        }
    }
    return longestMs;
}

/** A report of one slot is about that one; one of several is about as many, from the first to when it came. */
function withoutReport(missing, reports) {
    const open = new Set(missing);
    for (const {due, count, at} of reports.toSorted((one, other) => one.count - other.count)) {
        const reported = count === 1 ? [due] : [...open].filter((slot) => slot >= due && slot <= at);
        reported.slice(0, count).forEach((slot) => open.delete(slot));
    }
    return [...open];
}

module.exports = {Ledger, PERIOD_MS};

'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/**
 * Counts for each run how often it has ended, and which of its attempts have begun: in the processes themselves, by a
 * file that they all append to.
 */
class Ledger {
    #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'soak-'));
    #ends = new Map();
    file = path.join(this.#folder, 'begun');

    constructor() {
        fs.writeFileSync(this.file, '');
    }

    /** @param {object} run - to be followed from now on */
    follow(run) {
        this.#ends.set(run.id, 0);
        run.on('ended', () => this.#ends.set(run.id, this.#ends.get(run.id) + 1));
        return run;
    }

    /** @returns {Map<string, number[]>} the attempts that have begun, in order, by the run */
    begun() {
        const attempts = new Map();
        for (const line of fs.readFileSync(this.file, 'utf8').split('\n').filter(Boolean)) {
            const [id, attempt] = line.split(' ');
            attempts.set(id, [...(attempts.get(id) ?? []), Number(attempt)]);
        }
        return attempts;
    }

    /**
     * Every run has ended once, and no attempt of any has begun twice.
     *
     * @param {Map<string, {state: string, attempt: number}>} infos - of the runs, ended
     */
    check(infos) {
        const begun = this.begun();
        for (const [id, ends] of this.#ends) {
            assert.equal(ends, 1, `run ${id} has ended ${ends} times`);
            const {state, attempt} = infos.get(id);
            const attempts = begun.get(id) ?? [];
            assert.equal(new Set(attempts).size, attempts.length, `run ${id} began attempts ${attempts}`);
            assert.ok(state !== 'completed' || attempts.at(-1) === attempt, `run ${id}: ${attempts}`);
            assert.ok(Math.max(0, ...attempts) <= attempt, `run ${id}: ${attempts} of ${attempt}`);
        }
        this.#ends.clear();
        fs.writeFileSync(this.file, '');
    }

    remove() {
        fs.rmSync(this.#folder, {recursive: true});
    }
}

module.exports = {Ledger};

'use strict';

/** How many there are of each type. */
class Tally {
    #counts = new Map();

    /** @param {Iterable<string>} types @returns {Tally} */
    static of(types) {
        const tally = new Tally();
        for (const type of types) {
            tally.add(type);
        }
        return tally;
    }

    get total() {
        return Array.from(this.#counts.values()).reduce((sum, count) => sum + count, 0);
    }

    add(type, count = 1) {
        if (count > 0) {
            this.#counts.set(type, (this.#counts.get(type) ?? 0) + count);
        }
    }

    /** The most frequent first. */
    toString() {
        const counts = Array.from(this.#counts).toSorted(([, one], [, other]) => other - one);
        return counts.map(([type, count]) => `${type}: ${count}`).join(', ');
    }
}

module.exports = {Tally};

'use strict';

/** Durations, counted by how long they are. */
class Histogram {
    /** Upper bounds in ms, ascending. @type {readonly number[]} */
    boundsMs;
    /** Durations up to each bound and above the one before; the last place has those above all bounds. @type {number[]} */
    counts;
    /** Of all durations, in ms. */
    sumMs = 0;

    /** @param {readonly number[]} boundsMs */
    constructor(boundsMs) {
        this.boundsMs = boundsMs;
        this.counts = Array.from({length: boundsMs.length + 1}, () => 0);
    }

    /** @param {number} ms */
    observe(ms) {
        const {boundsMs} = this;
        let place = 0;
        while (place < boundsMs.length && ms > boundsMs[place]) {
            place += 1;
        }
        this.counts[place] += 1;
        this.sumMs += ms;
    }
}

module.exports = {Histogram};

'use strict';

/** Numbers that look random and are the same each time (mulberry32): a failure can be repeated. */
function createRandom(seed) {
    let state = seed;
    const next = () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
    const below = (limit) => Math.floor(next() * limit);
    return {next, below, pick: (list) => list[below(list.length)]};
}

module.exports = {createRandom};

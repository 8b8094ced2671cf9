'use strict';

// What our adapter adds to the memory of an idle Ghost: measured in one process, before and after it is started there. From one
// start of Ghost to the next the memory differs by ten times as much.

const {setTimeout: wait} = require('node:timers/promises');

const SETTLE_MS = 5_000;
const KEYS = {ownKb: 'own', heapKb: 'of it JavaScript', filesKb: 'mapped from files'};

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
const megabytes = (kilobytes) => (kilobytes / 1024).toFixed(1);

async function measureOnce(site, config) {
    site.forgetJobs();
    const ghost = await site.boot();
    await wait(SETTLE_MS);
    const before = await ghost.memory();
    await ghost.load(site.adapter, config);
    const after = await ghost.memory();
    await ghost.stop();
    return {
        before,
        more: Object.fromEntries(Object.keys(KEYS).map((key) => [key, after[key] - before[key]]))
    };
}

/** @returns {Promise<string[]>} a line for each configuration */
async function measureMemory(site, rounds) {
    const lines = [];
    for (const [name, config] of Object.entries({'no options': {}, 'a store': {store: site.store}})) {
        const values = [];
        for (let round = 0; round < rounds; round += 1) {
            values.push(await measureOnce(site, config));
        }
        const more = Object.entries(KEYS).map(
            ([key, what]) => `${what} ${megabytes(median(values.map((value) => value.more[key])))} MB`
        );
        const whole = megabytes(median(values.map(({before}) => before.ownKb + before.filesKb)));
        const each = values.map((value) => megabytes(value.more.ownKb)).join(', ');
        lines.push(`${name}, added to ${whole} MB: ${more.join(', ')}; own, each round: ${each}`);
    }
    return lines;
}

module.exports = {measureMemory};

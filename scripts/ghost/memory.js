'use strict';

// The memory of an idle Ghost with each adapter, turn by turn.

const {setTimeout: wait} = require('node:timers/promises');

const SETTLE_MS = 5_000;

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
const megabytes = (kilobytes) => (kilobytes / 1024).toFixed(1);

/** @returns {Promise<string[]>} a line for each adapter */
async function measureMemory(site, rounds) {
    const adapters = {
        "Ghost's own adapter": undefined,
        ours: {},
        'ours with a store': {store: site.store}
    };
    const values = new Map(Object.keys(adapters).map((name) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
        for (const [name, adapter] of Object.entries(adapters)) {
            site.forgetJobs();
            const ghost = await site.boot(adapter);
            await wait(SETTLE_MS);
            values.get(name).push(await ghost.memory());
            await ghost.stop();
        }
    }
    const [base] = values.values();
    const of = (list, key) => median(list.map((value) => value[key]));
    return Array.from(values, ([name, list]) => {
        const figure = (key) =>
            `${megabytes(of(list, key))} MB (${megabytes(of(list, key) - of(base, key))} more)`;
        return (
            `${name}: own ${figure('ownKb')}, of it JavaScript ${figure('heapKb')}; of files ${figure('filesKb')}; ` +
            `own, each round: ${list.map(({ownKb}) => megabytes(ownKb)).join(', ')}`
        );
    });
}

module.exports = {measureMemory};

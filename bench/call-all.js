'use strict';

/**
 * Calls a job again and again, so many calls at once.
 *
 * @param {(data: number) => Promise<number>} call - answers with its data
 * @param {number} inFlight
 * @param {number} runs
 * @returns {Promise<number>} how long it took, in ms
 */
async function callAll(call, inFlight, runs) {
    let next = 0;
    const callInTurn = async () => {
        while (next < runs) {
            const data = next;
            next += 1;
            if ((await call(data)) !== data) {
                throw new Error('a run answered with something else than its data');
            }
        }
    };
    const startedAt = performance.now();
    await Promise.all(Array.from({length: inFlight}, callInTurn));
    return performance.now() - startedAt;
}

module.exports = {callAll};

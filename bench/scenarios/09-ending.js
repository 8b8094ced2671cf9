'use strict';

/** Ending jobs: those that stop when asked, and one that never looks up. */

const {delay, startJob} = require('../talk');

/** Watched for so long; what is not over by then is called "never". */
const WATCH_MS = 8_000;

const removal = (name, params, more = {}) => ({
    name,
    unit: 'ms',
    baseline: 'upstream',
    params,
    tiny: {...params, file: 'cancels.js'},
    ...more
});

module.exports = {
    name: 'ending',
    measurements: [
        removal('removeJob, of a job that stops when asked', {file: 'cancels.js', call: 'removeJob'}),
        removal('removeJob, of a job that spins', {file: 'spins.js', call: 'removeJob'}),
        removal('shutdown, with a job that spins', {file: 'spins.js', call: 'shutdown'})
    ],

    async run({load, params: {file, call}}) {
        const {manager} = await startJob(load(), file, () => {});
        await delay(50);
        const startedAt = performance.now();
        const ended = (call === 'removeJob' ? manager.removeJob('job') : manager.shutdown()).then(
            () => performance.now() - startedAt
        );
        return Promise.race([ended, delay(WATCH_MS).then(() => null)]);
    }
};

'use strict';

/** What a run has printed, as the API answers it. */

const {HttpError} = require('./http-error');
const {text} = require('./headers');

/**
 * @param {import('../../index')} jobManager
 * @param {import('../../index').RunInfo} run
 * @param {number} [from] - the first byte that is wanted
 * @param {ReturnType<import('./shown').createShown>} shown
 * @returns {import('./headers').Answer}
 * @throws {HttpError} 404 OUTPUT_UNKNOWN
 */
function runOutput(jobManager, run, from = 0, shown) {
    const output = jobManager.output(run.id, {from});
    if (output === undefined) {
        throw new HttpError(404, 'OUTPUT_UNKNOWN', `No output of the run "${run.id}" is kept`, {
            help: `Add job "${run.job}" with output: 'capture' or 'both'`
        });
    }
    return text(shown.output(output.text), 200, {
        'x-total-bytes': String(output.totalBytes),
        'x-from-byte': String(output.fromByte),
        'x-dropped-bytes': String(output.droppedBytes)
    });
}

module.exports = {runOutput};

'use strict';

/**
 * The scenarios, one to a file of scenarios/.
 *
 * @typedef {object} Scenario
 * @property {string} name
 * @property {Measurement[]} measurements what is measured in this way
 * @property {(context: {load: () => any, request: string | null, target: string, params: any}) =>
 *     Promise<number | null> | number | null} run runs in a process of its own; `load()` gives the JobManager, or null
 *     for a bare Worker; null means that it came to no end
 */

/**
 * @typedef {object} Measurement
 * @property {string} name
 * @property {string} unit
 * @property {any} params what `run` is given
 * @property {any} tiny the smallest `params` that make sense, for tests
 * @property {object} [goal] as `isMet` takes it
 * @property {'upstream' | 'pool' | 'threads' | 'worker'} [baseline] what ours is compared with; nothing when left out
 * @property {Record<string, string>} [env] of the measuring process
 * @property {string[]} [execArgv] flags of the measuring process
 * @property {boolean} [watchesMemory] the result is the peak memory of all its processes, in MB
 * @property {boolean} [needsProc] reads /proc, which only Linux has
 */

const fs = require('node:fs');
const path = require('node:path');

const HAS_PROC = process.platform === 'linux';
const FOLDER = path.join(__dirname, 'scenarios');

/** @returns {(Scenario & {file: string})[]} what can be measured here, in the order of their files' names */
function loadScenarios() {
    return fs
        .readdirSync(FOLDER)
        .toSorted()
        .map((name) => path.join(FOLDER, name))
        .map((file) => {
            const {measurements, ...scenario} = require(file);
            return {
                file,
                ...scenario,
                measurements: measurements.filter(({needsProc}) => !needsProc || HAS_PROC)
            };
        });
}

module.exports = {loadScenarios};

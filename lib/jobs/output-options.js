'use strict';

/** What becomes of what a job prints. */

const {invalid} = require('../host/options');

/** Bytes that are kept of the output of a run, if the host does not say. */
const DEFAULT_LIMIT_BYTES = 64 * 1024;
const STREAMS = ['stdout', 'stderr'];

/**
 * @param {string} name
 * @param {{output?: string | {stdout?: string, stderr?: string}}} job - checked
 * @param {{stdout?: boolean, stderr?: boolean}} worker - its worker options, with those of the manager
 * @returns {{stdout: string, stderr: string}} in the words of the native side
 * @throws {Error} INVALID_OPTION, for a stream that the host program wants to read by itself
 */
function outputStreams(name, {output = 'inherit'}, worker) {
    const given = typeof output === 'string' ? {stdout: output, stderr: output} : output;
    return Object.fromEntries(
        STREAMS.map((stream) => {
            const {[stream]: use = 'inherit'} = given;
            if (!worker[stream]) {
                return [stream, use];
            }
            if (use !== 'inherit') {
                throw invalid(
                    `The option "output" of job "${name}" (${stream}: '${use}') is not possible beside "worker.${stream}": that gives ` +
                        `the stream to the program itself. Leave out "worker.${stream}" and read what is kept by output(id), or set ` +
                        `"output" to 'inherit' for this stream`
                );
            }
            return [stream, 'read'];
        })
    );
}

/** @returns {boolean} does the native side keep what such a job prints? */
const isKept = ({stdout, stderr}) => [stdout, stderr].some((use) => use === 'capture' || use === 'both');

module.exports = {DEFAULT_LIMIT_BYTES, isKept, outputStreams};

'use strict';

const {fork} = require('node:child_process');
const path = require('node:path');
const {toMs} = require('../talk');

/**
 * Starts hosts that share jobs, or one that has them alone.
 *
 * @param {number} count
 * @param {object} config - of host.js
 * @param {(atMs: number) => void} onFirstLine - is given when the first statement of a run ran, by `process.hrtime`
 * @returns {Promise<{pids: number[], end: () => void}>} when all are ready
 */
async function startHosts(count, config, onFirstLine = () => {}) {
    const queue = `bench-${process.pid}-${Date.now()}`;
    const hosts = Array.from({length: count}, (_, index) =>
        fork(path.join(__dirname, 'host.js'), [JSON.stringify({...config, queue, isFirst: index === 0})], {
            serialization: 'json',
            // The result of a measurement has the third descriptor.
            stdio: ['ignore', 'ignore', 'inherit', 'ipc']
        })
    );
    await Promise.all(
        hosts.map(
            (host) =>
                new Promise((resolve, reject) => {
                    host.on('message', ({ready, firstLine}) => {
                        if (ready) {
                            resolve();
                        } else {
                            onFirstLine(toMs(BigInt(firstLine)));
                        }
                    });
                    host.on('exit', (code) => reject(new Error(`a host ended with ${code}`)));
                })
        )
    );
    return {
        pids: hosts.map(({pid}) => pid),
        end: () => hosts.forEach((host) => host.removeAllListeners('exit').kill('SIGKILL'))
    };
}

module.exports = {startHosts};

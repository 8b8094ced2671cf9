'use strict';

/** The packages that carry a queue, which the host has installed. */

const fs = require('node:fs');
const path = require('node:path');
const {invalid} = require('../../host/options');
const {isPostgres} = require('./backend');

const MAJOR = 6;

/**
 * @param {string | object} connection - of the option
 * @returns {string} the path of BullMQ's module
 * @throws {IncorrectUsageError} INVALID_OPTION: it is not installed, of another version, or without the client it needs
 */
function findBullmq(connection) {
    const client = isPostgres(connection) ? 'pg' : 'ioredis';
    const bullmq = found('bullmq', [process.cwd(), __dirname]);
    if (bullmq === undefined) {
        throw invalid(`bullmq() needs the package "bullmq", version ${MAJOR}: npm install bullmq ${client}`);
    }
    const version = versionOf(bullmq);
    if (version !== undefined && Number.parseInt(version, 10) !== MAJOR) {
        throw invalid(
            `bullmq() needs version ${MAJOR} of the package "bullmq", and ${version} is installed: npm install bullmq@${MAJOR} ${client}`
        );
    }
    // It is BullMQ that loads it.
    if (found(client, [path.dirname(bullmq)]) === undefined) {
        throw invalid(
            `bullmq() needs the package "${client}" beside "bullmq" for this connection: npm install ${client}`
        );
    }
    return bullmq;
}

/** @returns {string | undefined} the path of a package's module */
function found(name, folders) {
    for (const folder of folders) {
        try {
            return require.resolve(name, {paths: [folder]});
        } catch {
            // It may be found from another one.
        }
    }
    return undefined;
}

/** @returns {string | undefined} of the package that a file belongs to, if its description can be read */
function versionOf(file) {
    for (let folder = path.dirname(file); folder !== path.dirname(folder); folder = path.dirname(folder)) {
        try {
            const {name, version} = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
            if (name === 'bullmq') {
                return version;
            }
        } catch {
            // It is further up.
        }
    }
    return undefined;
}

module.exports = {findBullmq};

'use strict';

const fs = require('node:fs');
const path = require('node:path');
const {socketFolder, socketsInFolder} = require('../control/places');
const {isAlive} = require('../control/socket-server');
const {HostClient} = require('./client');
const {EXIT, Failure, usage} = require('./failure');

const HOW_TO_LISTEN =
    "A host listens when it calls require('@tryghost/job-manager/control').listen(jobManager), and so does job-manager daemon.";

/** The token is in a file: arguments of a program can be read by every user. */
function readToken(file) {
    if (file === undefined) {
        return undefined;
    }
    try {
        return fs.readFileSync(file, 'utf8').trim();
    } catch (error) {
        throw usage(`--token-file: ${error.message}`);
    }
}

function urlOf(text) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
        throw usage(`--url must be an address such as http://localhost:3000/dashboard, got "${text}"`);
    }
    return url;
}

async function onlySocket(env) {
    const sockets = socketsInFolder(env);
    const alive = await Promise.all(sockets.map((socket) => isAlive(socket)));
    const found = sockets.filter((_, index) => alive[index]);
    if (found.length === 1) {
        return found[0];
    }
    if (found.length === 0) {
        throw new Failure(`no host listens in ${socketFolder(env)}`, {
            exitCode: EXIT.noHost,
            code: 'NO_HOST',
            help: `${HOW_TO_LISTEN}\nFor another place: --socket PATH, --url URL, or the variable JOB_MANAGER_SOCKET.`
        });
    }
    throw new Failure(`${found.length} hosts listen: say which one`, {
        exitCode: EXIT.usage,
        code: 'SEVERAL_HOSTS',
        help: found.map((socket) => `--socket ${socket}`).join('\n')
    });
}

/**
 * @param {{socket?: string, url?: string, 'token-file'?: string}} values - options of the command
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{socketPath?: string, url?: URL, token?: string}>} where the host is
 * @throws {Failure}
 */
async function findHost(values, env = process.env) {
    if (values.socket !== undefined && values.url !== undefined) {
        throw usage('--socket and --url name two hosts: give one of them');
    }
    if (values.url !== undefined) {
        return {url: urlOf(values.url), token: readToken(values['token-file'])};
    }
    if (values['token-file'] !== undefined) {
        throw usage('--token-file is for --url: a control socket needs no token');
    }
    const named = values.socket ?? env.JOB_MANAGER_SOCKET;
    return {socketPath: named ? path.resolve(named) : await onlySocket(env)};
}

/** @returns {Promise<HostClient>} */
const connect = async (values) => new HostClient(await findHost(values));

module.exports = {connect, findHost};

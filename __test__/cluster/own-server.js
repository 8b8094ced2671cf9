'use strict';

const assert = require('node:assert/strict');
const {execFile, spawn} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {promisify} = require('node:util');
const {temporaryFolder} = require('../support/temporary-folder');

const SCRIPTS = path.join(__dirname, '../../.ci');
const start = promisify(execFile);

/**
 * Starts a server of a test's own, which can be stopped and started again on its port.
 *
 * @param {import('node:test').TestContext} t
 * @param {'redis' | 'postgres' | 'mariadb'} kind
 * @param {string[]} options - of the server
 * @returns {Promise<{url: string, start: () => Promise<void>, stop: () => Promise<void>, kill: () => void}>}
 */
async function ownServer(t, kind, options) {
    // Before its folder is deleted.
    t.after(() => server.kill());
    const around = temporaryFolder(t);
    // PostgreSQL runs as another user than root.
    fs.chmodSync(around, 0o711);
    const folder = path.join(around, kind);
    const server = {
        async start() {
            server.url = await printed(path.join(SCRIPTS, `${kind}-start`), [folder, ...options]);
        },
        async stop() {
            await start(path.join(SCRIPTS, 'server-stop'), [folder, 'keep']);
        },
        kill() {
            try {
                const [pid] = fs.readFileSync(path.join(folder, 'server.pid'), 'utf8').split('\n');
                process.kill(Number(pid), 'SIGKILL');
            } catch (error) {
                // It is down.
                assert.ok(['ENOENT', 'ESRCH'].includes(error.code), error);
            }
        }
    };
    await server.start();
    return server;
}

/** What a program prints before it ends; what it has started may go on. */
async function printed(program, args) {
    const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'inherit']});
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part) => (text += part));
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
    child.stdout.destroy();
    if (code !== 0) {
        throw new Error(`${path.basename(program)} ended with code ${code}`);
    }
    return text.trim();
}

module.exports = {ownServer};

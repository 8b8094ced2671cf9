'use strict';

const {spawn} = require('node:child_process');
const net = require('node:net');

/** The Redis of REDIS_URL, or one that is started for as long as the example runs. */
async function useRedis() {
    if (process.env.REDIS_URL) {
        return {url: process.env.REDIS_URL, stop() {}};
    }
    const port = await freePort();
    // It keeps nothing: what hosts need of a Redis is in docs/cluster.md.
    const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'];
    const server = spawn('redis-server', args, {stdio: ['ignore', 'pipe', 'inherit']});
    await new Promise((resolve, reject) => {
        server.on('error', () =>
            reject(
                new Error(
                    'The program redis-server is not installed. Install it, or set REDIS_URL to a Redis'
                )
            )
        );
        server.on('exit', (code) => reject(new Error(`redis-server ended with ${code}`)));
        server.stdout.on('data', (text) => String(text).includes('Ready to accept connections') && resolve());
    });
    return {url: `redis://127.0.0.1:${port}`, stop: () => server.kill()};
}

function freePort() {
    return new Promise((resolve) => {
        const server = net.createServer().listen(0, '127.0.0.1', () => {
            const {port} = server.address();
            server.close(() => resolve(port));
        });
    });
}

module.exports = {useRedis};

'use strict';

const {createHash} = require('node:crypto');
const {once} = require('node:events');
const fs = require('node:fs');
const {createServer} = require('node:http');

/**
 * @typedef {object} Published
 * @property {{name: string, version: string}} manifest the whole package.json
 * @property {string} [tarball] path of what can be downloaded; without it, only the manifest is known
 */

/**
 * Starts a package registry on this machine that has these packages and no others, so that they can be installed
 * by name as a user would, before they are published. It ends with the test.
 *
 * @param {import('node:test').TestContext} t
 * @param {Published[]} packages
 * @returns {Promise<{url: string, missing: string[]}>} its address, and what it was asked for and has not
 */
async function startRegistry(t, packages) {
    const missing = [];
    const server = createServer((request, response) => {
        const path = decodeURIComponent(request.url).slice(1);
        const tarball = packages.find(
            ({tarball: file}) => file && path === `-/${tarballName(file)}`
        )?.tarball;
        if (tarball) {
            response.end(fs.readFileSync(tarball));
            return;
        }
        const versions = packages.filter(({manifest}) => manifest.name === path);
        if (versions.length === 0) {
            missing.push(path);
            response.writeHead(404).end('{}');
            return;
        }
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(packument(versions, url)));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
        server.closeAllConnections();
        server.close();
    });
    const url = `http://127.0.0.1:${server.address().port}/`;
    return {url, missing};
}

/** What a registry lists for a package: each version's manifest and where its tarball is. */
function packument(versions, url) {
    const {name, version: latest} = versions.at(-1).manifest;
    return {
        name,
        'dist-tags': {latest},
        versions: Object.fromEntries(
            versions.map(({manifest, tarball}) => [manifest.version, {...manifest, dist: dist(tarball, url)}])
        )
    };
}

function dist(tarball, url) {
    if (!tarball) {
        return {tarball: `${url}-/not-built-here.tgz`};
    }
    const integrity = createHash('sha512').update(fs.readFileSync(tarball)).digest('base64');
    return {tarball: `${url}-/${tarballName(tarball)}`, integrity: `sha512-${integrity}`};
}

const tarballName = (file) => file.split(/[/\\]/).at(-1);

module.exports = {startRegistry};

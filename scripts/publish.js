'use strict';

// Publishes packed and checked tarballs with provenance; the workflow publish.yml calls it:
//     node scripts/publish.js FOLDER TAG
// The platforms' packages come first, so that the main one is never there without them. Not yet run.

const {execFileSync} = require('node:child_process');
const path = require('node:path');
const {ROOT, npm} = require('./commands');
const {platformManifests, readManifest} = require('./pack');

/** The name that `npm pack` gives to a package's tarball. */
function tarballName({name, version}) {
    return `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
}

/**
 * The tarballs of a release, in the order in which they are published.
 *
 * @param {{name: string, version: string}} main
 * @param {Iterable<{name: string, version: string}>} platforms
 */
function releaseOrder(main, platforms) {
    return [...Array.from(platforms, tarballName), tarballName(main)];
}

/** The tag on the registry: what `npm install` takes by default is never a version such as 5.0.0-alpha.0. */
function distTag(version) {
    return version.includes('-') ? 'next' : 'latest';
}

function publish([folder, tag]) {
    const manifest = readManifest(ROOT);
    if (tag !== `v${manifest.version}`) {
        throw new Error(`the tag is ${tag}, and the version in package.json ${manifest.version}`);
    }
    for (const tarball of releaseOrder(manifest, platformManifests().values())) {
        const flags = [
            '--provenance',
            '--access',
            'public',
            '--ignore-scripts',
            '--tag',
            distTag(manifest.version)
        ];
        const {file, args, shell} = npm('publish', path.resolve(folder, tarball), ...flags);
        execFileSync(file, args, {stdio: 'inherit', shell});
    }
}

if (require.main === module) {
    publish(process.argv.slice(2));
}

module.exports = {distTag, releaseOrder};

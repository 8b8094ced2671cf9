'use strict';

// `npm run pack`: what would be published, as tarballs in target/packages/: the main package, and the package of
// each platform whose addon is in lib/native/.

const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {ROOT, npm} = require('./commands');

const PACKAGES = path.join(ROOT, 'target', 'packages');
const DEVELOPMENT_FIELDS = new Set(['scripts', 'devDependencies', 'overrides', 'napi']);

function readManifest(folder) {
    return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
}

/** The manifest of each platform's package, by the name of its folder in npm/. */
function platformManifests() {
    const folder = path.join(ROOT, 'npm');
    return new Map(
        fs.readdirSync(folder).map((platform) => [platform, readManifest(path.join(folder, platform))])
    );
}

/**
 * The main package's manifest without what serves its development only. The platforms' packages are added here
 * and not before: in the repository they would have to be published before they could be built.
 *
 * @param {object} manifest
 * @param {Iterable<{name: string, version: string}>} platforms
 */
function publishedManifest(manifest, platforms) {
    const published = Object.entries(manifest).filter(([field]) => !DEVELOPMENT_FIELDS.has(field));
    const optionalDependencies = Object.fromEntries(
        Array.from(platforms, ({name, version}) => [name, version])
    );
    return {...Object.fromEntries(published), optionalDependencies};
}

/** Packs a folder. */
function packFolder(folder) {
    const [{filename}] = npmJson(folder, 'pack', '--pack-destination', PACKAGES);
    return path.join(PACKAGES, filename);
}

function npmJson(folder, ...args) {
    const {file, args: npmArgs, shell} = npm(...args, '--json', '--ignore-scripts', '--loglevel=error');
    return JSON.parse(execFileSync(file, npmArgs, {cwd: folder, shell, encoding: 'utf8'}));
}

/** Copies files into a fresh folder, so that it can be packed with a manifest of its own. */
function stage(name, manifest, files) {
    const folder = path.join(PACKAGES, 'staged', name);
    fs.rmSync(folder, {recursive: true, force: true});
    for (const [target, source] of files) {
        fs.mkdirSync(path.dirname(path.join(folder, target)), {recursive: true});
        fs.copyFileSync(source, path.join(folder, target));
    }
    fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    return folder;
}

function packMain() {
    const [{files}] = npmJson(ROOT, 'pack', '--dry-run');
    const manifest = publishedManifest(readManifest(ROOT), platformManifests().values());
    const copies = files.map(({path: file}) => [file, path.join(ROOT, file)]);
    return packFolder(stage('main', manifest, copies));
}

/** Packs the platforms whose addon has been built. */
function packPlatforms() {
    return [...platformManifests()].flatMap(([platform, manifest]) => {
        const addon = path.join(ROOT, 'lib/native', manifest.main);
        if (!fs.existsSync(addon)) {
            return [];
        }
        const readme = path.join(ROOT, 'npm', platform, 'README.md');
        const license = path.join(ROOT, 'LICENSE');
        const copies = [
            [manifest.main, addon],
            ['README.md', readme],
            ['LICENSE', license]
        ];
        return [packFolder(stage(platform, manifest, copies))];
    });
}

/**
 * Packs the main package and the platforms that are built.
 *
 * @returns {{main: string, platforms: string[]}} the paths of the tarballs
 */
function pack() {
    fs.mkdirSync(PACKAGES, {recursive: true});
    return {main: packMain(), platforms: packPlatforms()};
}

if (require.main === module) {
    const {main, platforms} = pack();
    console.log([main, ...platforms].join('\n'));
}

module.exports = {pack, publishedManifest, platformManifests, readManifest};

'use strict';

// `npm run pack`: builds, packs and checks what would be published, as tarballs in target/packages/: the main package,
// and the package of each platform whose addon is in lib/native/; and beside them their bill of materials.
//     npm run pack -- --every-platform     packs the addons as they are in lib/native/, and wants every platform's

const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {makeBundles} = require('./bundles');
const {checkPackages} = require('./check-package');
const {ROOT, npm} = require('./commands');
const {FILE: LICENSES_FILE} = require('./licenses');
const {billOfMaterials} = require('./sbom');
const {install, prepare} = require('./setup');

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
function packFolder(folder, destination) {
    const [{filename}] = npmJson(folder, 'pack', '--pack-destination', destination);
    return path.join(destination, filename);
}

function npmJson(folder, ...args) {
    const {file, args: npmArgs, shell} = npm(...args, '--json', '--ignore-scripts', '--loglevel=error');
    return JSON.parse(execFileSync(file, npmArgs, {cwd: folder, shell, encoding: 'utf8'}));
}

/** Copies files into a fresh folder, so that it can be packed with a manifest of its own. */
function stage(folder, manifest, files) {
    fs.rmSync(folder, {recursive: true, force: true});
    for (const [target, source] of files) {
        fs.mkdirSync(path.dirname(path.join(folder, target)), {recursive: true});
        fs.copyFileSync(source, path.join(folder, target));
    }
    fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    return folder;
}

/** The files of the main package, relative to the repository. */
function mainFiles() {
    const [{files}] = npmJson(ROOT, 'pack', '--dry-run');
    return files.map(({path: file}) => file);
}

function packMain(destination) {
    const manifest = publishedManifest(readManifest(ROOT), platformManifests().values());
    const copies = mainFiles().map((file) => [file, path.join(ROOT, file)]);
    return packFolder(stage(path.join(destination, 'staged/main'), manifest, copies), destination);
}

/** Packs the platforms whose addon has been built. */
function packPlatforms(destination) {
    return [...platformManifests()].flatMap(([platform, manifest]) => {
        const addon = path.join(ROOT, 'lib/native', manifest.main);
        if (!fs.existsSync(addon)) {
            return [];
        }
        const copies = [
            [manifest.main, addon],
            ['README.md', path.join(ROOT, 'npm', platform, 'README.md')],
            ['LICENSE', path.join(ROOT, 'LICENSE')],
            [LICENSES_FILE, path.join(ROOT, LICENSES_FILE)]
        ];
        const published = {...manifest, files: [...manifest.files, LICENSES_FILE]};
        const folder = stage(path.join(destination, 'staged', platform), published, copies);
        return [{manifest, tarball: packFolder(folder, destination)}];
    });
}

/**
 * Packs the main package and the platforms that are built.
 *
 * @param {string} destination the folder for the tarballs, and for the folder `staged` with what is in them; what it
 *   held before is deleted
 * @returns {{main: string, platforms: Array<{manifest: object, tarball: string}>}} `main` is the path of its tarball
 */
function pack(destination) {
    fs.rmSync(destination, {recursive: true, force: true});
    fs.mkdirSync(destination, {recursive: true});
    return {main: packMain(destination), platforms: packPlatforms(destination)};
}

async function main(everyPlatform) {
    const isReady = everyPlatform ? (await install()).ok : await prepare();
    if (!isReady) {
        process.exitCode = 1;
        return;
    }
    await makeBundles();
    const packed = pack(PACKAGES);
    const tarballs = [packed.main, ...packed.platforms.map(({tarball}) => tarball)];
    const isComplete = !everyPlatform || packed.platforms.length === platformManifests().size;
    if (!isComplete) {
        console.error(`the addon of a platform is missing in lib/native/; packed:\n${tarballs.join('\n')}`);
    }
    if (!(await checkPackages(packed)) || !isComplete) {
        // Nothing is left that could be published by mistake.
        tarballs.forEach((tarball) => fs.rmSync(tarball));
        process.exitCode = 1;
        return;
    }
    const bill = path.join(PACKAGES, 'sbom.cdx.json');
    fs.writeFileSync(bill, `${JSON.stringify(billOfMaterials(), null, 2)}\n`);
    console.log([...tarballs, bill].join('\n'));
}

if (require.main === module) {
    main(process.argv.includes('--every-platform'));
}

module.exports = {pack, mainFiles, publishedManifest, platformManifests, readManifest};

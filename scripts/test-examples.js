'use strict';

// `npm run test:examples`: every example of examples/ that has a package.json, each in a copy of its own with the
// packages that it names from the npm registry and with this package as it would be published:
//     npm run test:examples [-- NAME...]
// What an example needs is kept in a cache folder of the user, outside of this repository, whose own packages must not be
// found from there. It is installed again only when the example's package.json changes.

const {createHash} = require('node:crypto');
const {spawn} = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {ROOT, npm} = require('./commands');
const {pack} = require('./pack');
const {prepare} = require('./setup');

const EXAMPLES = path.join(ROOT, 'examples');
const CACHE = path.join(
    process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'),
    'job-manager-examples'
);
const PACKAGES = path.join(ROOT, 'target/packages-for-examples');
const STAGED = path.join(PACKAGES, 'staged');
/** For an install, or for the check of an example. */
const LIMIT_MS = 5 * 60 * 1000;
/** Made by tools inside an example's folder, and kept between two runs. */
const KEPT = new Set(['node_modules', 'package-lock.json', 'installed.txt']);

function readJson(file) {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
}

/** The examples that can be checked by themselves. */
function listExamples() {
    return fs
        .readdirSync(EXAMPLES)
        .filter((name) => fs.existsSync(path.join(EXAMPLES, name, 'package.json')))
        .toSorted();
}

/** Runs a command; resolves with its exit code and all that it printed. */
function runQuietly({file, args, shell}, cwd) {
    return new Promise((resolve) => {
        const child = spawn(file, args, {cwd, shell, timeout: LIMIT_MS, stdio: ['ignore', 'pipe', 'pipe']});
        let output = '';
        for (const stream of [child.stdout, child.stderr]) {
            stream.setEncoding('utf8').on('data', (text) => {
                output += text;
            });
        }
        child.once('error', (error) => resolve({exitCode: 1, output: error.message}));
        child.once('close', (exitCode, signal) => {
            const ending = signal ? `\nended by ${signal}; the limit is ${LIMIT_MS / 1000} s` : '';
            resolve({exitCode: exitCode ?? 1, output: output + ending});
        });
    });
}

/** Copies the example's own files over those of its last run. */
function copyExample(name, folder) {
    fs.mkdirSync(folder, {recursive: true});
    for (const entry of fs.readdirSync(folder)) {
        if (!KEPT.has(entry)) {
            fs.rmSync(path.join(folder, entry), {recursive: true, force: true});
        }
    }
    fs.cpSync(path.join(EXAMPLES, name), folder, {recursive: true});
    fs.cpSync(path.join(EXAMPLES, 'support'), path.join(CACHE, 'support'), {recursive: true});
}

/** Installs what the example names from the registry, unless it is there. */
async function installPackages(folder) {
    const manifest = readJson(path.join(folder, 'package.json'));
    const hash = createHash('sha256')
        .update(JSON.stringify(manifest.dependencies ?? {}))
        .digest('hex');
    const stamp = path.join(folder, 'installed.txt');
    if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === hash) {
        return {exitCode: 0, output: ''};
    }
    fs.rmSync(path.join(folder, 'node_modules'), {recursive: true, force: true});
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'];
    const result = await runQuietly(npm('install', ...flags, '--loglevel=error'), folder);
    if (result.exitCode === 0) {
        fs.writeFileSync(stamp, hash);
    }
    return result;
}

/** Puts this package into the example's node_modules, as npm would unpack it. */
function installOurs(folder) {
    for (const staged of fs.readdirSync(STAGED)) {
        const {name} = readJson(path.join(STAGED, staged, 'package.json'));
        const target = path.join(folder, 'node_modules', name);
        fs.rmSync(target, {recursive: true, force: true});
        fs.cpSync(path.join(STAGED, staged), target, {recursive: true});
    }
}

async function checkExample(name) {
    const startedMs = performance.now();
    const folder = path.join(CACHE, name);
    copyExample(name, folder);
    const installed = await installPackages(folder);
    let result = installed;
    if (installed.exitCode === 0) {
        installOurs(folder);
        result = await runQuietly(npm('run', '--silent', 'check'), folder);
    }
    const ok = result.exitCode === 0;
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    console.log(`${ok ? 'ok    ' : 'failed'} ${name} (${seconds} s)`);
    if (!ok) {
        console.log(result.output.trimEnd().replaceAll(/^/gm, '    '));
    }
    return ok;
}

async function main() {
    if (!(await prepare())) {
        process.exitCode = 1;
        return;
    }
    pack(PACKAGES);
    const chosen = process.argv.slice(2);
    let failed = 0;
    const names = chosen.length > 0 ? chosen : listExamples();
    for (const name of names) {
        failed += (await checkExample(name)) ? 0 : 1;
    }
    console.log(`\n${names.length - failed} passed, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : 1;
}

main();

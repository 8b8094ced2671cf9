'use strict';

// What index.js loads, made one file: finding, reading and compiling its modules one by one takes a host 10 ms. Line ends
// and names stay, so that a stack trace can be read; each module is under the name of its file.

const path = require('node:path');
const {ROOT} = require('./commands');
const {replaceFile} = require('./replace-file');

const OUTPUT = path.join(ROOT, 'lib/host/package.bundle.cjs');

/** What index.js uses of it, and what lib/ghost-jobs does, so that the package has no module twice. */
const ENTRY = `
    exports.JobManager = require('./lib/job-manager');
    Object.assign(exports, require('./lib/host/local-time'), require('./lib/jobs/schedules'));
    exports.parts = Object.assign(
        {tables: require('./lib/jobs/option-tables')},
        require('./lib/host/deadline'),
        require('./lib/host/errors'),
        require('./lib/host/logging'),
        require('./lib/host/options'),
        require('./lib/inline/inline-jobs'),
        require('./lib/jobs/retry-options'),
        require('./lib/runs/run-ids')
    );
`;

/** Made by the build, and found beside it. */
const GENERATED = ['lib/native/binding.js', 'lib/worker/bootstrap.bundle.cjs'];

/**
 * A class that refers to itself, esbuild makes `var JobManager = class _JobManager`, and that name can be seen. (Its option
 * `keepNames` costs time in each function that makes another.)
 */
function withClassNames(script) {
    const names = Array.from(script.matchAll(/\bvar (\w+) = class _\1\b/g), ([, name]) => name);
    return names.reduce((text, name) => text.replaceAll(new RegExp(`\\b_${name}\\b`, 'g'), name), script);
}

/** Makes lib/host/package.bundle.cjs of the modules in lib/. */
async function bundleHostScript() {
    // A development dependency, which the step before this one installs.
    const esbuild = require('esbuild');
    const {outputFiles} = await esbuild.build({
        stdin: {contents: ENTRY, resolveDir: ROOT, sourcefile: 'index.js'},
        outfile: OUTPUT,
        bundle: true,
        platform: 'node',
        target: 'node20',
        external: GENERATED.map((file) => path.join(ROOT, file)),
        logLevel: 'warning',
        write: false
    });
    replaceFile(OUTPUT, withClassNames(outputFiles[0].text));
}

module.exports = {bundleHostScript};

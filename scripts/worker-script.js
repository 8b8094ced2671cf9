'use strict';

// The script of worker processes, made one file: reading and compiling its modules one by one costs each process 2 to
// 4 ms of processor time.

const path = require('node:path');
const {ROOT} = require('./commands');
const {replaceFile} = require('./replace-file');

const ENTRY = path.join(ROOT, 'lib/worker/bootstrap.js');
const OUTPUT = path.join(ROOT, 'lib/worker/bootstrap.bundle.cjs');

/** Becomes a text in the script, compiled when it is first asked for. */
const LATER = /\/later\.js$/;

/** What the script has in use already when that text is compiled: there must be one of each. */
const SHARED = {
    './channel.js': './channel.js',
    './frames.js': '../wire/frames.js',
    '../wire/frames.js': '../wire/frames.js'
};

const OPTIONS = {
    bundle: true,
    platform: 'node',
    target: 'node20',
    // Less to scan, with the names as they are: some can be seen by jobs.
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: 'warning'
};

async function bundle(esbuild, entry, options) {
    const {outputFiles} = await esbuild.build({...OPTIONS, ...options, entryPoints: [entry], write: false});
    return outputFiles[0].text;
}

/**
 * A module whose exports are those of `text`, a CommonJS module that is compiled when this one is loaded. In brackets, V8
 * compiles a function at once, and not twice.
 */
const compiling = (text) => `
    const shared = {${Object.entries(SHARED)
        .map(([id, file]) => `${JSON.stringify(id)}: require(${JSON.stringify(file)})`)
        .join()}};
    const holder = new (require.main?.constructor ?? require('node:module'))(__filename);
    holder._compile(${JSON.stringify(`module.exports = (function (require, module) {${text}\n});`)}, __filename);
    const later = {exports: {}};
    holder.exports((id) => shared[id] ?? require(id), later);
    module.exports = later.exports;
`;

const asText = (esbuild) => ({
    name: 'as-text',
    setup(build) {
        build.onLoad({filter: LATER}, async ({path: file}) => ({
            contents: compiling(await bundle(esbuild, file, {external: Object.keys(SHARED)})),
            resolveDir: path.dirname(file)
        }));
    }
});

/** Makes lib/worker/bootstrap.bundle.cjs of lib/worker/bootstrap.js. */
async function bundleWorkerScript() {
    // A development dependency, which the step before this one installs.
    const esbuild = require('esbuild');
    // What is imported to warm up the loader of ES modules must be a module on disk.
    const script = await bundle(esbuild, ENTRY, {
        external: ['./warm.mjs'],
        plugins: [asText(esbuild)]
    });
    replaceFile(OUTPUT, script);
}

module.exports = {bundleWorkerScript};

'use strict';

// What lib/dashboard.js loads, made one file: the pages, and the script, style and icon that browsers get, minified with what
// they use of other packages, and named by the hash of their content. The sources are not in the package.

const {createHash} = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const {brotliCompressSync} = require('node:zlib');
const {ROOT} = require('./commands');
const {replaceFile} = require('./replace-file');

const FOLDER = path.join(ROOT, 'lib/dashboard');
const ASSETS = path.join(FOLDER, 'assets/assets.bundle.cjs');
const OUTPUT = path.join(FOLDER, 'dashboard.bundle.cjs');

const ENTRY = `
    exports.assets = require('./assets');
    exports.pages = require('./pages');
`;

const FOR_BROWSERS = {
    minify: true,
    // Of packages that are ES modules only.
    conditions: ['import'],
    legalComments: 'none',
    // Two years and more old.
    target: ['chrome109', 'firefox115', 'safari16.4']
};
/** As of the worker's script: without white space, with the names as they are. */
const FOR_HOSTS = {platform: 'node', target: 'node20', minifyWhitespace: true, minifySyntax: true};

/** Templates of pages are laid out as the code is: without what they are indented by, they are the same page. */
const withoutIndentation = {
    name: 'without-indentation',
    setup(build) {
        build.onLoad({filter: /dashboard.*\.js$/}, ({path: file}) => ({
            contents: fs.readFileSync(file, 'utf8').replaceAll(/\n +/g, '\n'),
            resolveDir: path.dirname(file)
        }));
    }
};

/** Of ES modules only what is used is left, and names are short. */
const asModules = {
    name: 'as-modules',
    setup(build) {
        build.onLoad({filter: /dashboard.*\.js$/}, ({path: file}) => ({
            contents: fs
                .readFileSync(file, 'utf8')
                .replaceAll(/^const (\{[^}]*\}) = require\(('[^']+')\);/gm, 'import $1 from $2;')
                .replace(/^module\.exports = (\{[^}]*\});/m, 'export $1;'),
            resolveDir: path.dirname(file)
        }));
    }
};

async function built(options) {
    // A development dependency, which the step before this one installs.
    const esbuild = require('esbuild');
    const {outputFiles} = await esbuild.build({bundle: true, write: false, logLevel: 'warning', ...options});
    return outputFiles[0].text;
}

const forBrowsers = (entry, options) =>
    built({...FOR_BROWSERS, ...options, entryPoints: [path.join(FOLDER, 'client', entry)]});

/** Compressed, which is a third of its size in the package. */
function asset(name, extension, type, body) {
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
    return {
        path: `assets/${name}-${hash}.${extension}`,
        type,
        brotli: brotliCompressSync(body).toString('base64'),
        etag: `"${hash}"`
    };
}

/** Makes lib/dashboard/dashboard.bundle.cjs of the folders beside it. */
async function bundleDashboard() {
    const [script, style] = await Promise.all([
        forBrowsers('main.js', {platform: 'browser', format: 'iife', plugins: [asModules]}),
        forBrowsers('style.css', {})
    ]);
    const icon = fs.readFileSync(path.join(FOLDER, 'client/icon.svg'), 'utf8').trim();
    const assets = {
        script: asset('page', 'js', 'text/javascript; charset=utf-8', script),
        style: asset('page', 'css', 'text/css; charset=utf-8', style),
        icon: asset('icon', 'svg', 'image/svg+xml', icon)
    };
    replaceFile(ASSETS, `'use strict';\n\nmodule.exports = ${JSON.stringify(assets, null, 4)};\n`);
    const entry = {contents: ENTRY, resolveDir: FOLDER, sourcefile: 'dashboard.js'};
    replaceFile(OUTPUT, await built({...FOR_HOSTS, stdin: entry, plugins: [withoutIndentation]}));
}

module.exports = {bundleDashboard};

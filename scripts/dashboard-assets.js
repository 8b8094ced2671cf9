'use strict';

// The script, the style and the icon of the dashboard's pages, as they are served: minified, with what they use of other
// packages, and named by the hash of their content.

const {createHash} = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const {ROOT} = require('./commands');
const {replaceFile} = require('./replace-file');

const CLIENT = path.join(ROOT, 'lib/dashboard/client');
const OUTPUT = path.join(ROOT, 'lib/dashboard/assets/assets.bundle.cjs');

const OPTIONS = {
    bundle: true,
    minify: true,
    // Of packages that are ES modules only.
    conditions: ['import'],
    write: false,
    logLevel: 'warning',
    legalComments: 'none',
    // Two years and more old.
    target: ['chrome109', 'firefox115', 'safari16.4']
};

async function built(entry, options) {
    // A development dependency, which the step before this one installs.
    const esbuild = require('esbuild');
    const {outputFiles} = await esbuild.build({
        ...OPTIONS,
        ...options,
        entryPoints: [path.join(CLIENT, entry)]
    });
    return outputFiles[0].text;
}

/** @returns {import('../lib/dashboard/assets').Asset} */
function asset(name, extension, type, body) {
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
    return {path: `assets/${name}-${hash}.${extension}`, type, body, etag: `"${hash}"`};
}

/** Makes lib/dashboard/assets/assets.bundle.cjs of lib/dashboard/client/. */
async function bundleDashboardAssets() {
    const [script, style] = await Promise.all([
        built('main.js', {platform: 'browser', format: 'iife'}),
        built('style.css', {})
    ]);
    const icon = fs.readFileSync(path.join(CLIENT, 'icon.svg'), 'utf8').trim();
    const assets = {
        script: asset('page', 'js', 'text/javascript; charset=utf-8', script),
        style: asset('page', 'css', 'text/css; charset=utf-8', style),
        icon: asset('icon', 'svg', 'image/svg+xml', icon)
    };
    replaceFile(OUTPUT, `'use strict';\n\nmodule.exports = ${JSON.stringify(assets, null, 4)};\n`);
}

module.exports = {bundleDashboardAssets};

'use strict';

/** The script, the style and the icon of the pages, as the build has made them (scripts/dashboard-script.js). */

const {brotliDecompressSync} = require('node:zlib');
const named = require('./assets.bundle.cjs');

/**
 * @typedef {object} Asset
 * @property {string} path - below the mount, with the hash of its content: what is there never changes
 * @property {string} type - for `Content-Type`
 * @property {string} body
 * @property {string} etag
 */

/** @type {readonly Asset[]} */
module.exports = Object.freeze(
    Object.values(named).map(({brotli, ...asset}) =>
        Object.freeze({...asset, body: brotliDecompressSync(Buffer.from(brotli, 'base64')).toString()})
    )
);

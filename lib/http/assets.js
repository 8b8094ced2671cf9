'use strict';

const {gzipSync} = require('node:zlib');
const {answer, empty} = require('./headers');

/** Their paths have the hash of what is in them, so browsers need not ask again. */
const CACHE = {'cache-control': 'private, max-age=31536000, immutable', vary: 'accept-encoding'};

/**
 * Routes of files that are in memory.
 *
 * @param {{path: string, type: string, body: string | Buffer, etag: string}[]} assets
 */
function assetRoutes(assets) {
    return assets.map((asset) => {
        let gzipped;
        const handle = ({request: {headers}}) => {
            const given = {...CACHE, etag: asset.etag};
            if (sameTag(headers['if-none-match'], asset.etag)) {
                return empty(304, given);
            }
            if (!acceptsGzip(headers)) {
                return answer(200, asset.type, asset.body, given);
            }
            gzipped ??= gzipSync(asset.body);
            return answer(200, asset.type, gzipped, {...given, 'content-encoding': 'gzip'});
        };
        return {method: 'GET', pattern: asset.path, handle};
    });
}

const acceptsGzip = (headers) =>
    /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(headers['accept-encoding'] ?? '');
const weak = (tag) => tag.trim().replace(/^W\//, '');
const sameTag = (header = '', etag = '') => header.split(',').some((tag) => weak(tag) === weak(etag));

module.exports = {assetRoutes};

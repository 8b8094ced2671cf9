'use strict';

/** What it takes to have the package: on disk, and to load. */

const {ourInstalledBytes, upstreamInstalledBytes} = require('../packages');

module.exports = {
    name: 'footprint',
    measurements: [
        {
            name: 'require',
            unit: 'ms',
            baseline: 'upstream',
            goal: {ratioAtMost: 0.25},
            params: {result: 'require'},
            tiny: {result: 'require'}
        },
        {
            name: 'installed size, with dependencies',
            unit: 'MB',
            baseline: 'upstream',
            goal: {ratioAtMost: 0.25},
            params: {result: 'size'},
            tiny: {result: 'size'}
        }
    ],

    run({request, target, params: {result}}) {
        if (result === 'size') {
            return (target === 'ours' ? ourInstalledBytes() : upstreamInstalledBytes()) / 1e6;
        }
        const startedAt = performance.now();
        require(request);
        return performance.now() - startedAt;
    }
};

'use strict';

/** `@opentelemetry/api`, which the host installs: it is an optional peer of this package. */

function load() {
    try {
        return require('@opentelemetry/api');
    } catch (cause) {
        const message =
            '@tryghost/job-manager/otel needs the package @opentelemetry/api, which cannot be loaded. Install it beside ' +
            '@tryghost/job-manager: npm install @opentelemetry/api';
        throw Object.assign(new Error(message, {cause}), {code: 'OTEL_API_MISSING'});
    }
}

module.exports = load();

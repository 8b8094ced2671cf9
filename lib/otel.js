'use strict';

/** `@tryghost/job-manager/otel`: spans and metrics of OpenTelemetry for the attempts of a manager's jobs. See docs/metrics.md. */

module.exports = require('./otel/instrument');

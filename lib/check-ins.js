'use strict';

/** `@tryghost/job-manager/check-ins`: tells services that watch scheduled jobs when theirs begin and end. See docs/metrics.md. */

const {checkIns} = require('./check-ins/check-ins');
const {cronitor} = require('./check-ins/cronitor');
const {healthchecks} = require('./check-ins/healthchecks');
const {sentry} = require('./check-ins/sentry');

module.exports = {checkIns, cronitor, healthchecks, sentry};

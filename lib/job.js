'use strict';

/** `@tryghost/job-manager/job`: what a job script needs of this package, without the manager and its addon. */

const {PermanentJobError} = require('./wire/permanent');

module.exports = {PermanentJobError};

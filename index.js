'use strict';

/** The door of the package: the class, and what belongs to it. The modules are in lib/, and the build makes them one file. */

const {
    JobManager,
    describeSchedule,
    nextRuns,
    setSharedLaterToLocalTime
} = require('./lib/host/package.bundle.cjs');
// Not of that one file: lib/job.js, which jobs require, has the same class from here.
const {PermanentJobError} = require('./lib/wire/permanent');

setSharedLaterToLocalTime();

module.exports = JobManager;
// Assigned one by one, so that `import {nextRuns} from` finds them as well.
/** The class again, for `import {JobManager} from`. */
module.exports.JobManager = JobManager;
/** When a job with this `at` runs next; see lib/jobs/schedules.js. */
module.exports.nextRuns = nextRuns;
/** A schedule in plain English; see lib/jobs/schedules.js. */
module.exports.describeSchedule = describeSchedule;
/** An error after which trying again is of no use; see lib/wire/permanent.js. */
module.exports.PermanentJobError = PermanentJobError;

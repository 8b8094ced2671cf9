'use strict';

/** The door of the package: the class, and what belongs to it. The modules are in lib/, and the build makes them one file. */

const {
    JobManager,
    describeSchedule,
    nextRuns,
    setSharedLaterToLocalTime
} = require('./lib/host/package.bundle.cjs');

setSharedLaterToLocalTime();

module.exports = JobManager;
// Assigned one by one, so that `import {nextRuns} from` finds them as well.
/** The class again, for `import {JobManager} from`. */
module.exports.JobManager = JobManager;
/** When a job with this `at` runs next; see lib/jobs/schedules.js. */
module.exports.nextRuns = nextRuns;
/** A schedule in plain English; see lib/jobs/schedules.js. */
module.exports.describeSchedule = describeSchedule;

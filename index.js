'use strict';

/** The door of the package: the class, and what belongs to it. */

const {setSharedLaterToLocalTime} = require('./lib/host/local-time');
const JobManager = require('./lib/job-manager');
const {describeSchedule, nextRuns} = require('./lib/jobs/schedules');

setSharedLaterToLocalTime();

module.exports = JobManager;
// Assigned one by one, so that `import {nextRuns} from` finds them as well.
/** The class again, for `import {JobManager} from`. */
module.exports.JobManager = JobManager;
/** When a job with this `at` runs next; see lib/jobs/schedules.js. */
module.exports.nextRuns = nextRuns;
/** A schedule in plain English; see lib/jobs/schedules.js. */
module.exports.describeSchedule = describeSchedule;

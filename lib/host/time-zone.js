'use strict';

/** `TZ` of the environment when the zone was looked up: a change of it changes the zone of the process. */
let knownFor;
let known;

/** @returns {string} the time zone of the process; looking it up takes as long as all else that a job is shown with */
function hostTimeZone() {
    const {TZ = ''} = process.env;
    if (known === undefined || knownFor !== TZ) {
        knownFor = TZ;
        known = Intl.DateTimeFormat().resolvedOptions().timeZone;
    }
    return known;
}

module.exports = {hostTimeZone};

'use strict';

const {safely} = require('../host/safe-call');

/**
 * Which part of the manager handles which event of the native side.
 *
 * @param {object} parts - of the manager (lib/manager/parts.js)
 * @returns {object} the `host` of `JobEvents` (lib/events/job-events.js)
 */
function eventHost(parts) {
    const {logger, outcomes} = parts;
    return {
        failed: parts.failedAttempts,
        inlineRuns: parts.inlineRuns,
        logger,
        registered: (name, number) => parts.jobs.registered(name, number),
        workerOptions: (registered) => parts.jobs.workerOptions(registered),
        onMessage: (event) => outcomes.messaged(event),
        onCompletion: (name, readValue) => outcomes.completed(name, readValue),
        onError: (error, meta, end) => outcomes.failed(error, meta, end),
        runs: () => parts.runs,
        onBackoffAsked: (registered, run, failure) => askBackoff(parts, registered, run, failure),
        onInlineDue: (registered, event) => parts.turns.due(registered, event),
        onInlineWaits: () => parts.turns.waits(),
        onInlineGaveUp: (registered, error) => parts.turns.gaveUp(registered, error),
        onInlineEnded: (registered) => parts.jobs.runEnded(registered),
        onPaused: (registered, event) => parts.inspection.paused(registered, event),
        onResumed: (registered) => parts.inspection.resumed(registered),
        onAllPaused: (event) => parts.announcements.allPaused(event),
        onAllResumed: () => parts.announcements.allResumed(),
        onMissed: (registered) => parts.jobs.missed(registered),
        onEnvironmentWanted: () => parts.environment.refresh(),
        onMore: () => parts.keepAlive.pumpLater()
    };
}

/** Calls the `backoff` function of a job whose run waits for the result. */
async function askBackoff({logger, native}, registered, run, failure) {
    // Loaded when it is needed: few jobs have such a function.
    const {askBackoff: ask} = require('../jobs/backoff-function');
    const backoff = registered?.job.backoff;
    const pauseMs = backoff && (await ask(backoff, failure, logger));
    safely(logger, 'The answer of a backoff function', () => native.setBackoff(run, pauseMs));
}

module.exports = {eventHost};

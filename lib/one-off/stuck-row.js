'use strict';

/** The row of a one-off job says that it has not ended, and what carries the cluster may have no run of it: what follows. */

const {OUTCOMES} = require('./row');

/**
 * A host looks at a one-off job again and again until its row has an outcome, with more than the queue's lock between two looks.
 * What two looks in a row have found in the same way is so: a host that had the run in between has lost it by then.
 *
 * @typedef {object} Look
 * @property {string | undefined} status - of the row; undefined if there is none
 * @property {'coming' | 'completed' | 'failed' | 'ended' | 'unknown'} run - the run that what carries the cluster has of it:
 *   'coming' waits or goes, 'ended' is one whose outcome is not kept
 * @property {string} [id] - of that run
 *
 * @param {Look} look
 * @param {Look} [before] - the one before
 * @returns {'over' | 'look again' | 'claim' | 'lost' | 'finished' | 'failed'} nothing more is to be done; look again; claim the row, of
 *   which no host has begun a run; the host of its run was lost; write this outcome
 */
function verdictOn({status, run, id}, before) {
    if (status === undefined) {
        return 'over';
    }
    if (OUTCOMES.has(status)) {
        return before?.status === status ? 'over' : 'look again';
    }
    if (run === 'coming' || before?.run !== run || before.id !== id) {
        return 'look again';
    }
    if (status === 'started' && OUTCOMES.has(before.status)) {
        // A host that was frozen while it wrote has written late.
        return before.status;
    }
    if (before.status !== status) {
        return 'look again';
    }
    if (status === 'queued') {
        // An ended run is that of an earlier claim: the row has been claimed since, and its host has died before it could add a run.
        return 'claim';
    }
    // Where it has ended, its host could not write the outcome.
    return {completed: 'finished', failed: 'failed', ended: 'over', unknown: 'lost'}[run];
}

module.exports = {verdictOn};

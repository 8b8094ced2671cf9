'use strict';

/** The run of a script, for `@tryghost/job-manager/job`: made when the script first asks for it. */

const {RunContext} = require('../wire/run-context.js');
const {RunReports} = require('./run-reports.js');

/**
 * @param {{threadId: number, run?: import('../wire/run-context.js').RunFacts}} header of START
 * @param {string} name of the job
 * @param {import('./channel.js').Channel} channel to the host
 * @returns {RunContext}
 */
function createScriptRun({threadId, run}, name, channel) {
    const facts = run ?? {id: String(threadId), name, attempt: 1, attempts: 1, trigger: 'now'};
    const context = new RunContext(facts, new RunReports(channel).sinkOf(threadId));
    process.once('exit', () => context.flush());
    return context;
}

module.exports = {createScriptRun};

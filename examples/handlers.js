'use strict';

const {once} = require('node:events');

/** What the table says of the jobs below. */
function expectHandlers(report) {
    report.expect('count-words', 'handler, offloaded');
    report.expect('flaky-service', 'handler, three attempts');
    report.expect('kept-count', 'handler, kept in the store');
    report.expect('slow-report', 'handler, cancelled', {
        outcome: 'cancelled: the quickstart has seen enough'
    });
}

/** Jobs that are functions: called with data, they answer, are tried again, and can be cancelled. */
async function runHandlers(jobManager, report) {
    // a module whose default export is a function, in a process that is kept for the next run
    await jobManager.defineJob({name: 'count-words', job: './jobs/count-words.js'});
    const counting = await jobManager.runJob('count-words', {data: 'Functions that answer'});
    report.found('count-words', {words: await counting.result}, {words: 3});
    report.completed('count-words');

    // a service that is back at the third attempt
    let attempts = 0;
    await jobManager.defineJob({
        name: 'flaky-service',
        attempts: 5,
        backoff: [50, 100],
        job: async () => {
            attempts += 1;
            if (attempts < 3) {
                throw new Error('connect ECONNREFUSED');
            }
            return attempts;
        }
    });
    const healing = await jobManager.runJob('flaky-service');
    healing.on('attempt failed', ({error, attempt, retryAt}) => {
        report.say(
            `flaky-service: attempt ${attempt} failed (${error.message}), next at ${retryAt.toISOString()}`
        );
    });
    report.found('flaky-service', {attempts: await healing.result}, {attempts: 3});
    report.completed('flaky-service');

    // a run that is not needed any more
    await jobManager.defineJob({
        name: 'slow-report',
        job: async (data, {signal}) => {
            await once(signal, 'abort');
            throw signal.reason;
        }
    });
    const slow = await jobManager.runJob('slow-report');
    const {state} = await jobManager.cancelRun(slow.id, {reason: 'the quickstart has seen enough'});
    report.completed('slow-report', `${state}: the quickstart has seen enough`);
}

/**
 * A run that is kept in the store: with the same id it is the same run, also in the next process.
 *
 * @param {boolean} isKilled - kills this process in the middle of the run
 */
async function runKept(jobManager, report, {isKilled}) {
    await jobManager.defineJob({
        name: 'kept-count',
        job: './jobs/count-slowly.js',
        attempts: 3,
        backoff: 100
    });
    const run = await jobManager.runJob('kept-count', {
        data: 'Nothing that was accepted is lost',
        id: 'the count'
    });
    if (isKilled && run.info().ended === undefined) {
        // It may have reported before anybody could listen.
        if (run.info().progress === undefined) {
            await once(run, 'progress');
        }
        report.say(
            'kept-count: this process is killed in the middle of the run; start it again in the same folder'
        );
        process.kill(process.pid, 'SIGKILL');
    }
    const isOld = run.info().ended !== undefined;
    const {words, attempt} = await run.result;
    const how = isOld
        ? 'was done by an earlier start'
        : attempt > 1
          ? 'recovered from a process that died'
          : 'done';
    report.say(`kept-count: ${how}, attempt ${attempt}`);
    report.found('kept-count', {words}, {words: 6});
    report.completed('kept-count');
}

module.exports = {expectHandlers, runHandlers, runKept};

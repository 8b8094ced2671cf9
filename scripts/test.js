'use strict';

// `npm test`: every step of scripts/steps.js, each to its end even when an earlier one failed, then one summary.

const {run} = require('./run');
const {STEPS} = require('./steps');
const {missingNeeds, summary} = require('./summary');

/** @returns {Promise<import('./summary').Result>} */
async function perform(step, earlierResults) {
    const missing = missingNeeds(step, earlierResults);
    if (missing.length > 0) {
        return {name: step.name, outcome: 'left out', seconds: 0, note: `needs ${missing.join(', ')}`};
    }
    console.log(`\n== ${step.name}`);
    const startedAtMs = Date.now();
    const {ok, note, output} = await attempt(step);
    const tests = step.count?.(output ?? '');
    const ranTests = !tests || tests.passed > 0;
    return {
        name: step.name,
        outcome: ok && ranTests ? 'ok' : 'failed',
        seconds: (Date.now() - startedAtMs) / 1000,
        note: ranTests ? note : 'ran no test',
        tests
    };
}

async function attempt({action, command, count}) {
    try {
        return await (action ? action() : run(command(), {capture: Boolean(count)}));
    } catch (error) {
        console.error(error.message);
        return {ok: false, note: error.message};
    }
}

async function main() {
    const results = [];
    for (const step of STEPS) {
        results.push(await perform(step, results));
    }
    console.log(`\n${summary(results)}`);
    process.exitCode = results.every(({outcome}) => outcome === 'ok') ? 0 : 1;
}

main();

'use strict';

// `npm run format`: puts every source file into the form that `npm test` asks for.

const {cargo, tool} = require('./commands');
const {run} = require('./run');
const {install} = require('./setup');
const {JAVASCRIPT} = require('./steps');

async function main() {
    const steps = [install, () => run(tool('oxfmt', 'oxfmt', ...JAVASCRIPT)), () => run(cargo('fmt'))];
    for (const step of steps) {
        const {ok} = await step();
        process.exitCode ||= ok ? 0 : 1;
    }
}

main();

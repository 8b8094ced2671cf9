'use strict';

// `npm start`: sets everything up and shows the package at work. Arguments go to the quickstart.

const {node} = require('./commands');
const {run} = require('./run');
const {prepare} = require('./setup');

async function main() {
    if (!(await prepare())) {
        process.exitCode = 1;
        return;
    }
    const {exitCode} = await run(node('examples/quickstart.js', ...process.argv.slice(2)));
    process.exitCode = exitCode;
}

main();

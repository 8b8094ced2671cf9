'use strict';

// `npm run build`: the addon for this machine, and what building it needs.

const {prepare} = require('./setup');

async function main() {
    process.exitCode = (await prepare()) ? 0 : 1;
}

main();

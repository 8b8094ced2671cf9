'use strict';

// `npm run build`: the addon for this machine, and what building it needs. Arguments go to `napi build`:
//     npm run build -- --target aarch64-apple-darwin

const {prepare} = require('./setup');

async function main() {
    process.exitCode = (await prepare(process.argv.slice(2))) ? 0 : 1;
}

main();

'use strict';

// Runs of handlers, many of them, and what is left afterwards:
//     node --expose-gc __test__/soak/handlers [mixed|chaos|many [COUNT]]
// Without arguments: all three in their long forms, which take some minutes. Ends with code 1 when a run was lost, ended
// twice or began twice, or when a process, a descriptor or memory stayed behind.

const SOAKS = {mixed: 100_000, chaos: 300, many: 1_000_000};

async function main() {
    const [, , only, count] = process.argv;
    for (const name of only === undefined ? Object.keys(SOAKS) : [only]) {
        const {soak} = require(`./${name}`);
        console.log(await soak(Number(count ?? SOAKS[name])));
    }
}

main();

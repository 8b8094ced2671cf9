'use strict';

// A host with one job that prints 20 MB where the host prints.

const {createManager, runOnce} = require('../../support/runs');

const ends = [];
const host = createManager({after: (end) => ends.push(end)});

async function main() {
    const {summary} = await runOnce(host, {
        name: 'prints',
        job: () => {
            const line = `${'x'.repeat(1023)}\n`;
            for (let index = 0; index < 20 * 1024; index += 1) {
                process.stdout.write(line);
            }
            process.exit(0);
        }
    });
    process.send({what: 'end', ...summary});
    process.disconnect();
    await Promise.all(ends.map((end) => end()));
}

main();

'use strict';

// `npm run ghost`: a real Ghost with this package as its jobs adapter, on SQLite or on MariaDB:
//     npm run ghost [-- PROOF... --rounds N]
//     .ci/with-mariadb npm run ghost
// Installs Ghost once, into a cache folder of the user (about five minutes), then takes about four minutes. Figures are in
// docs/design/ghost-jobs.md. Linux only: it reads /proc.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {parseArgs} = require('node:util');
const {nodeBinary} = require('../__test__/support/nodes');
const {ROOT} = require('./commands');
const {VERSION, installGhost} = require('./ghost/install');
const {measureMemory} = require('./ghost/memory');
const {proofs} = require('./ghost/proofs');
const {Site} = require('./ghost/site');
const {pack} = require('./pack');
const {prepare} = require('./setup');

const PACKAGES = path.join(ROOT, 'target/packages-for-ghost');
const NODE_MAJOR = 22;
const PORT = 23_680;

async function makeSite(folder) {
    const node = nodeBinary(NODE_MAJOR);
    const ghost = installGhost(node);
    const site = new Site({folder, ghost, node, port: PORT});
    site.create(path.join(PACKAGES, 'staged'));
    site.forgetJobs();
    // The first start makes the database.
    await (await site.boot()).stop();
    return site;
}

async function main() {
    const {values, positionals} = parseArgs({
        allowPositionals: true,
        options: {rounds: {type: 'string', default: '3'}}
    });
    if (!(await prepare())) {
        process.exitCode = 1;
        return;
    }
    pack(PACKAGES);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'job-manager-ghost-'));
    try {
        const site = await makeSite(folder);
        const database = process.env.JOB_MANAGER_TEST_MARIADB === undefined ? 'SQLite' : 'MariaDB';
        console.log(`Ghost ${VERSION} on ${database}, Node.js ${NODE_MAJOR}, ${os.cpus().length} cores`);
        const names = positionals.length > 0 ? positionals : [...Object.keys(proofs), 'memory'];
        for (const name of names) {
            site.forgetJobs();
            const figures =
                name === 'memory'
                    ? await measureMemory(site, Number(values.rounds))
                    : [await proofs[name](site)];
            figures.forEach((line) => console.log(`ok  ${name}: ${line}`));
        }
    } finally {
        fs.rmSync(folder, {recursive: true, force: true});
    }
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});

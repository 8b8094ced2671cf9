'use strict';

/**
 * Kills busy hosts, one after the other on the same store, and counts. As a program, the long form:
 *     node __test__/store/kills.js [ROUNDS]
 */

const assert = require('node:assert/strict');
const {spawn} = require('node:child_process');
const {once} = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const HOST = path.join(__dirname, 'hosts', 'busy.js');
const LONGEST_LIFE_MS = 150;

/** @returns {Promise<Record<string, number>>} the counts */
async function killHosts(folder, rounds) {
    const files = {store: path.join(folder, 'jobs.db'), notes: path.join(folder, 'notes')};
    fs.writeFileSync(files.notes, '');
    for (let round = 0; round < rounds; round++) {
        await killOne(files, round);
    }
    const last = start(files, [String(rounds), 'last']);
    const [code] = await once(last, 'exit');
    assert.equal(code, 0, 'the last host ends by itself');
    return compare(files);
}

function start({store, notes}, args) {
    return spawn(process.execPath, [HOST, store, notes, ...args], {stdio: ['ignore', 'pipe', 'inherit']});
}

/** One host in four is killed at any moment from its start on, the others while they work. */
async function killOne(files, round) {
    const host = start(files, [String(round)]);
    const ended = once(host, 'exit');
    if (round % 4 !== 0) {
        await Promise.race([once(host.stdout, 'data'), ended]);
    }
    // The moment is the point here: at any step of its life.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_LIFE_MS));
    assert.equal(host.exitCode, null, 'it works until it is killed');
    host.kill('SIGKILL');
    await ended;
}

async function compare({store, notes}) {
    const noted = new Map();
    const of = (id) => noted.get(id) ?? noted.set(id, {accepted: 0, begun: [], ended: 0, late: 0}).get(id);
    for (const line of fs.readFileSync(notes, 'utf8').split('\n').filter(Boolean)) {
        const [what, id, value, cause] = line.split(' ');
        const run = of(id);
        if (what === 'A') {
            run.accepted += 1;
            run.attempts = Number(value);
        } else if (what === 'B') {
            run.late += run.ended;
            run.begun.push(Number(value));
        } else {
            run.ended += 1;
            run.cause = cause;
        }
    }
    const kept = await keptRuns(store);
    const counts = {accepted: 0, begun: 0, ended: 0, hostDied: 0, kept: kept.size};
    for (const [id, run] of noted) {
        const inFile = kept.get(id);
        const text = `${id} ${JSON.stringify(run)} ${inFile?.state}`;
        assert.ok(run.accepted <= 1 && run.ended <= 1, `ended or accepted twice: ${text}`);
        assert.ok(inFile, `lost: ${text}`);
        assert.equal(run.late, 0, `begun after its end: ${text}`);
        assert.equal(new Set(run.begun).size, run.begun.length, `an attempt was begun twice: ${text}`);
        assert.ok(run.begun.length <= inFile.attempts, `begun more often than it has attempts: ${text}`);
        assert.ok(['completed', 'failed'].includes(inFile.state), `has not ended: ${text}`);
        if (inFile.state === 'completed') {
            assert.ok(run.begun.length > 0, `completed, and was never begun: ${text}`);
        }
        counts.accepted += run.accepted;
        counts.begun += run.begun.length;
        counts.ended += run.ended;
    }
    counts.hostDied = [...kept.values()].filter(({cause}) => cause === 'hostDied').length;
    return counts;
}

/** All runs in the store, by id. */
async function keptRuns(store) {
    const JobManager = require('../..');
    const logger = {info() {}, warn() {}, error: console.error};
    const manager = new JobManager({store, logger, history: {perJob: 1_000, total: 1_000_000}});
    const runs = new Map();
    let before;
    for (;;) {
        const page = manager.runs({before, limit: 1_000});
        page.forEach((run) => runs.set(run.id, run));
        if (page.length < 1_000) {
            await manager.shutdown();
            return runs;
        }
        before = page.at(-1).id;
    }
}

if (require.main === module) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kills-'));
    killHosts(folder, Number(process.argv[2] ?? 300)).then((counts) => {
        console.log(counts);
        fs.rmSync(folder, {recursive: true});
    });
}

module.exports = {killHosts};

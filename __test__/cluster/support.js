'use strict';

const {randomBytes} = require('node:crypto');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const {startHost} = require('../support/hosts');
const {temporaryFolder} = require('../support/temporary-folder');

/** The servers that tests may use, such as .ci/with-servers starts. */
const REDIS = process.env.JOB_MANAGER_TEST_REDIS;
const POSTGRES = process.env.JOB_MANAGER_TEST_POSTGRES;
const MARIADB = process.env.JOB_MANAGER_TEST_MARIADB && `${process.env.JOB_MANAGER_TEST_MARIADB}/mysql`;

const ALL = [
    {title: 'BullMQ on Redis', backend: 'bullmq', url: REDIS, variable: 'JOB_MANAGER_TEST_REDIS'},
    {title: 'BullMQ on PostgreSQL', backend: 'bullmq', url: POSTGRES, variable: 'JOB_MANAGER_TEST_POSTGRES'},
    {title: 'a table of MariaDB', backend: 'database', url: MARIADB, variable: 'JOB_MANAGER_TEST_MARIADB'},
    {
        title: 'a table of PostgreSQL',
        backend: 'database',
        url: POSTGRES,
        variable: 'JOB_MANAGER_TEST_POSTGRES'
    }
];
const BACKENDS = ALL.filter(({url}) => url);
const QUEUES = BACKENDS.filter(({backend}) => backend === 'bullmq');
for (const {title, variable} of ALL.filter(({url}) => !url)) {
    console.log(`Left out: the tests of a cluster on ${title}. ${variable} does not say where a server is.`);
}

/** The lease of the tests, and how long another host waits after it (lib/cluster/lock.js), and for the check. */
const LEASE_MS = 2_000;
const LOCK_MS = LEASE_MS * 1.2 + 2_000;
const POLL_MS = 20;

/**
 * A cluster of its own on a server: hosts that are given the same jobs.
 *
 * @param {import('node:test').TestContext} t
 * @param {{backend: string, url: string}} on
 * @param {object[]} jobs
 * @param {string} program - of its hosts
 */
function makeCluster(t, on, jobs = [], program = 'member.js') {
    const name = `t${randomBytes(6).toString('hex')}`;
    const hosts = [];
    // Before the folder into which they write is deleted.
    t.after(async () => {
        hosts.forEach(({child}) => child.kill('SIGKILL'));
        await Promise.all(hosts.map(({ended}) => ended));
    });
    const record = path.join(temporaryFolder(t), 'runs.jsonl');
    fs.writeFileSync(record, '');
    let number = 0;
    const skipped = [];

    async function host({node, ...options} = {}) {
        const config = {
            backend: on.backend,
            url: on.url,
            name,
            lease: LEASE_MS,
            skew: 0,
            timezone: 'UTC',
            jobs,
            record,
            ...options
        };
        const started = startHost(t, path.join(__dirname, 'hosts', program), {
            args: [JSON.stringify(config)],
            node
        });
        hosts.push(started);
        const answers = new Map();
        started.child.on('message', (message) => {
            if (message.what === 'skipped') {
                skipped.push(message);
            }
            if (message.what === 'done') {
                answers.get(message.number)?.(message);
            }
        });
        /** Has the host do something, and waits until it has. */
        const ask = (act, order = {}) =>
            new Promise((resolve, reject) => {
                const asked = ++number;
                answers.set(asked, ({value, error}) => {
                    if (error === undefined) {
                        resolve(value);
                    } else {
                        reject(Object.assign(new Error(error.message), error));
                    }
                });
                started.child.send({act, number: asked, ...order});
            });
        await started.told('ready');
        return {...started, ask, pid: started.child.pid};
    }

    const lines = lineReader(record);
    return {name, record, host, lines, skipped, tries: () => triesOf(lines())};
}

/**
 * Reads every line that runs have written. It is called again and again while a test waits, so it reads only what is new.
 *
 * @returns {() => object[]}
 */
function lineReader(file) {
    const lines = [];
    let readBytes = 0;
    return () => {
        const {size} = fs.statSync(file);
        if (size > readBytes) {
            const bytes = Buffer.alloc(size - readBytes);
            const descriptor = fs.openSync(file);
            fs.readSync(descriptor, bytes, 0, bytes.length, readBytes);
            fs.closeSync(descriptor);
            // The last one may have been written in part.
            const whole = bytes.subarray(0, bytes.lastIndexOf('\n') + 1);
            readBytes += whole.length;
            lines.push(
                ...whole
                    .toString()
                    .split('\n')
                    .filter(Boolean)
                    .map((line) => JSON.parse(line))
            );
        }
        return [...lines];
    };
}

/** @returns {{id: string, host: number, fence: number, begin: number, last: number, isDone: boolean}[]} by run and process */
function triesOf(lines) {
    const tries = new Map();
    for (const {what, id, host, pid = host, fence, trigger, due, attempt, attempts, at} of lines) {
        const key = `${id} ${pid} ${fence}`;
        const facts = {id, host, fence, trigger, due, attempt, attempts};
        const known = tries.get(key) ?? {...facts, begin: at, isDone: false};
        const ends = {isDone: known.isDone || what === 'end', isCancelled: what === 'cancelled'};
        tries.set(key, {...known, ...ends, last: at});
    }
    return [...tries.values()];
}

/**
 * Due times that neither have run nor are reported.
 *
 * @param {object} cluster
 * @param {{name: string, everyMs: number, untilMs: number}} job
 */
function lostSlots({tries, skipped}, {name, everyMs, untilMs}) {
    const dues = tries()
        .filter(({id}) => id.startsWith(`${name}@`))
        .map(({due}) => due);
    const reported = skipped.filter(({job}) => job === name);
    const lost = [];
    for (let due = Math.min(...dues); due < untilMs; due += everyMs) {
        const isReported = reported.some(({due: from, count}) => from <= due && due < from + count * everyMs);
        if (!dues.includes(due) && !isReported) {
            lost.push(due);
        }
    }
    return lost;
}

/**
 * The longest time in ms for which two tries went at once: of one run, or of any with `ofAll`.
 */
function overlapOf(tries, {ofAll = false} = {}) {
    let longest = 0;
    for (const [index, one] of tries.entries()) {
        for (const other of tries.slice(index + 1)) {
            if (ofAll || one.id === other.id) {
                longest = Math.max(
                    longest,
                    Math.min(one.last, other.last) - Math.max(one.begin, other.begin)
                );
            }
        }
    }
    return longest;
}

/** Waits for something for as long as a lost run takes to be found. `check` may return a promise. */
async function within(what, ms, check) {
    const end = performance.now() + ms;
    for (;;) {
        const value = await check();
        if (value) {
            return value;
        }
        if (performance.now() > end) {
            throw new Error(`never came: ${what}`);
        }
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
}

/** A way to a server that can be cut: what is sent from then on arrives when it is mended, or never. */
async function startProxy(t, target) {
    const {hostname, port} = new URL(target);
    const pairs = new Set();
    let isCut = false;
    const server = net.createServer((near) => {
        const far = net.connect(Number(port), hostname);
        const pair = [near, far];
        pairs.add(pair);
        near.pipe(far);
        far.pipe(near);
        for (const socket of pair) {
            socket.on('error', () => {});
            socket.on('close', () => {
                pairs.delete(pair);
                pair.forEach((one) => one.destroy());
            });
        }
        if (isCut) {
            pair.forEach((socket) => (socket.unpipe(), socket.pause()));
        }
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(target);
    url.port = server.address().port;
    url.hostname = '127.0.0.1';
    t.after(() => {
        server.close();
        pairs.forEach((pair) => pair.forEach((socket) => socket.destroy()));
    });
    return {
        url: url.href,
        cut() {
            isCut = true;
            pairs.forEach((pair) => pair.forEach((socket) => (socket.unpipe(), socket.pause())));
        },
        mend() {
            isCut = false;
            for (const [near, far] of pairs) {
                near.pipe(far).pipe(near);
            }
        },
        /** Ends all connections; new ones can be made. */
        reset() {
            pairs.forEach((pair) => pair.forEach((socket) => socket.destroy()));
        }
    };
}

module.exports = {
    BACKENDS,
    LEASE_MS,
    LOCK_MS,
    MARIADB,
    POSTGRES,
    QUEUES,
    REDIS,
    lostSlots,
    makeCluster,
    overlapOf,
    startProxy,
    within
};

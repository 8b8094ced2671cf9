'use strict';

// Three hosts share jobs that are due each second, while hosts are killed, stopped, blocked, cut off and
// shut down at random:
//     .ci/with-servers npm run soak:cluster [-- MINUTES] [redis|postgres]
// Prints a line each minute. Ends with code 1 when a slot neither completed nor was reported, a run went on two hosts at once or
// completed twice without reason, a run that was asked for was lost, or a host ended by itself.

const {setTimeout: pause} = require('node:timers/promises');
const {POSTGRES, REDIS, makeCluster, startProxy} = require('../../cluster/support');
const {disturb} = require('./disturbances');
const {Ledger, PERIOD_MS} = require('./ledger');
const {LineReader} = require('./line-reader');

const HOSTS = 3;
const MINUTE_MS = 60_000;
const SERVERS = {redis: REDIS, postgres: POSTGRES};
/** Until then a run has been redone, and an answer that was lost has been looked for. */
const SETTLED_MS = 45_000;
const RUN_MS = 400;
const ASK_PERIOD_MS = 2_000;
const PAUSE_MS = {least: 2_000, most: 10_000};

const JOBS = [
    {kind: 'script', name: 'tick', at: '* * * * * *', ms: RUN_MS, overlap: 'allow'},
    {kind: 'script', name: 'alone', at: '* * * * * *', ms: RUN_MS, overlap: 'skip'},
    // Not due while this goes on, but asked for.
    {kind: 'script', name: 'asked', at: '0 0 0 1 1 *', ms: RUN_MS, overlap: 'allow'}
];

const pick = (items) => items[Math.floor(Math.random() * items.length)];

/** What is to be undone in the end, as a test would. */
function makeScope() {
    const undo = [];
    return {after: (call) => undo.push(call), end: () => undo.reverse().forEach((call) => call())};
}

/** The hosts, each with a way of its own to the server; one that ends is replaced. */
class Hosts {
    #scope;
    #cluster;
    #url;
    #ledger;
    #all = [];
    #isClosed = false;

    constructor(scope, cluster, {url, ledger}) {
        this.#scope = scope;
        this.#cluster = cluster;
        this.#url = url;
        this.#ledger = ledger;
    }

    get all() {
        return this.#all;
    }

    async add() {
        const proxy = await startProxy(this.#scope, this.#url);
        const host = await this.#cluster.host({url: proxy.url});
        host.proxy = proxy;
        host.child.on('message', (message) => this.#take(host, message));
        host.ended.then(([code, signal]) => {
            if (!host.isToEnd && !this.#isClosed) {
                this.#ledger.crashed(`host ${host.pid} ended by itself: ${code ?? signal}: ${host.output()}`);
                void this.replace(host);
            }
        });
        this.#all.push(host);
    }

    async replace(host) {
        host.isToEnd = true;
        this.#all = this.#all.filter((one) => one !== host);
        await this.add();
    }

    /** From now on hosts may end. */
    close() {
        this.#isClosed = true;
    }

    /** Has some host ask for a run. Its messages report the outcome, unless the host ends. */
    askOne() {
        const host = pick(this.#all.filter(({isToEnd}) => !isToEnd));
        host?.child.send({act: 'run', job: 'asked', number: 0}, () => {});
    }

    #take({pid}, message) {
        const at = Date.now();
        if (message.what === 'skipped') {
            this.#ledger.report({...message, at});
        } else if (message.what === 'result') {
            this.#ledger.answered({id: message.id, error: message.error?.message});
        } else if (message.what === 'done' && message.value?.id !== undefined) {
            this.#ledger.asked({id: message.value.id, host: pid, at});
        }
    }
}

function show({counts, violations}, minute) {
    const {disturbances: kinds, ...numbers} = counts;
    const text = (of) => Object.entries(of).map(([name, count]) => `${name} ${count}`);
    console.log(
        `minute ${minute}: ${text(numbers).join(', ')}; ${text(kinds).join(', ')}; violations ${violations.length}`
    );
}

/** Prints what is new among the violations. */
function makeReporter(ledger) {
    const known = new Set();
    return (untilMs, minute) => {
        const judged = ledger.judge(untilMs);
        show(judged, minute);
        for (const violation of judged.violations.filter((one) => !known.has(one))) {
            known.add(violation);
            console.log(`  violation: ${violation}`);
        }
        return judged.violations.length === 0;
    };
}

async function soak(scope, {url, minutes}) {
    const cluster = makeCluster(scope, {backend: 'bullmq', url}, JOBS);
    const fromMs = Math.ceil(Date.now() / PERIOD_MS) * PERIOD_MS + 10_000;
    const ledger = new Ledger(['tick', 'alone'], fromMs);
    const hosts = new Hosts(scope, cluster, {url, ledger});
    for (let number = 0; number < HOSTS; number += 1) {
        await hosts.add();
    }
    const reader = new LineReader(cluster.record);
    const report = makeReporter(ledger);
    const startedAt = Date.now();
    const look = (untilMs) => {
        reader.read().forEach((line) => ledger.line(line));
        return report(untilMs, Math.round((Date.now() - startedAt) / MINUTE_MS));
    };
    const each = setInterval(() => look(Date.now() - SETTLED_MS), MINUTE_MS);
    const asking = setInterval(() => hosts.askOne(), ASK_PERIOD_MS);
    await pause(fromMs - Date.now());
    const endMs = startedAt + minutes * MINUTE_MS;
    while (Date.now() < endMs) {
        await disturb(hosts, ledger);
        await pause(PAUSE_MS.least + Math.random() * (PAUSE_MS.most - PAUSE_MS.least));
    }
    clearInterval(asking);
    clearInterval(each);
    const untilMs = Date.now();
    await pause(SETTLED_MS);
    hosts.close();
    return look(untilMs);
}

async function main([minutes = '60', server = 'redis']) {
    const url = SERVERS[server];
    if (!(Number(minutes) > 0) || !url) {
        throw new Error(
            'usage: .ci/with-servers npm run soak:cluster [-- MINUTES [redis|postgres]]; JOB_MANAGER_TEST_REDIS or JOB_MANAGER_TEST_POSTGRES has the URL of the server'
        );
    }
    const scope = makeScope();
    try {
        process.exitCode = (await soak(scope, {url, minutes: Number(minutes)})) ? 0 : 1;
    } finally {
        scope.end();
    }
}

process.once('SIGINT', () => process.exit(130));
main(process.argv.slice(2)).catch((error) => {
    console.error(error);
    process.exitCode = 1;
});

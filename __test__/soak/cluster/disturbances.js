'use strict';

const {setTimeout: pause} = require('node:timers/promises');
const {LEASE_MS, LOCK_MS} = require('../../cluster/support');

const pick = (items) => items[Math.floor(Math.random() * items.length)];
const SHUTDOWN_LIMIT_MS = 30_000;
/** Shorter than a lease, between that and the lock, or longer than both. */
const someTime = () => Math.random() * (LOCK_MS + 2 * LEASE_MS);

/** Notes what is done to a host from now until `call` is over. */
async function during(ledger, {kind, hosts}, call) {
    const from = Date.now();
    const noted = hosts.map(({pid}) => ledger.disturbed({kind, host: pid, from, to: Infinity}));
    await call();
    for (const one of noted) {
        one.to = Date.now();
    }
}

/** What is done to a host. */
const KINDS = {
    async kill(host, hosts, ledger) {
        host.isToEnd = true;
        ledger.disturbed({kind: 'kill', host: host.pid, from: Date.now()});
        host.child.kill('SIGKILL');
        await pause(Math.random() * LOCK_MS);
        await hosts.replace(host);
    },

    async shutdown(host, hosts, ledger) {
        host.isToEnd = true;
        await during(ledger, {kind: 'shutdown', hosts: [host]}, async () => {
            void host.ask('shutdown', {timeout: 1_000});
            await Promise.race([host.ended, pause(SHUTDOWN_LIMIT_MS, undefined, {ref: false})]);
        });
        if (host.child.exitCode === null) {
            ledger.crashed(`host ${host.pid} did not shut down within ${SHUTDOWN_LIMIT_MS} ms`);
            host.child.kill('SIGKILL');
        }
        await hosts.replace(host);
    },

    stop: (host, _hosts, ledger) =>
        during(ledger, {kind: 'stop', hosts: [host]}, async () => {
            host.child.kill('SIGSTOP');
            await pause(someTime());
            host.child.kill('SIGCONT');
        }),

    block: (host, _hosts, ledger) =>
        during(ledger, {kind: 'block', hosts: [host]}, () =>
            Promise.race([host.ask('block', {ms: someTime()}), host.ended])
        ),

    cut: (host, _hosts, ledger) =>
        during(ledger, {kind: 'cut', hosts: [host]}, async () => {
            host.proxy.cut();
            await pause(someTime());
            host.proxy.mend();
        }),

    async reset(host, _hosts, ledger) {
        ledger.disturbed({kind: 'reset', host: host.pid, from: Date.now()});
        host.proxy.reset();
    },

    'cut of all': (_host, {all}, ledger) =>
        during(ledger, {kind: 'cut of all', hosts: all}, async () => {
            all.forEach(({proxy}) => proxy.cut());
            await pause(someTime());
            all.forEach(({proxy}) => proxy.mend());
        })
};

/** The more often, the more often it stands here. */
const CHOICE = [
    'kill',
    'kill',
    'kill',
    'stop',
    'stop',
    'cut',
    'cut',
    'shutdown',
    'block',
    'reset',
    'cut of all'
];

/** Disturbs one of the hosts, or all. */
async function disturb(hosts, ledger) {
    await KINDS[pick(CHOICE)](pick(hosts.all), hosts, ledger);
}

module.exports = {disturb};

'use strict';

// What is tried on a Ghost that runs: each proof boots it, and returns figures for people or throws.

const assert = require('node:assert/strict');
const path = require('node:path');

const jobs = (count, ms, name = 'job') =>
    Array.from({length: count}, (_, index) => ({id: `${name}-${index}`, ms}));
const HANGS_MS = 2 ** 30;
const seconds = (ms) => `${(ms / 1_000).toFixed(2)} s`;

/** Boots with the adapter, and one of Ghost's own recurring jobs runs when it is due. */
async function recurring(site) {
    const type = 'clean-tokens';
    const ghost = await site.boot({store: site.store}, {soon: type});
    const {due} = await ghost.message('drawn');
    const started = await ghost.line(new RegExp(`\\[Background Job\\] ${type} started`));
    await ghost.line(new RegExp(`\\[Background Job\\] ${type} completed`));
    const response = await fetch(`http://127.0.0.1:${site.port}/`);
    assert.equal(response.status, 200);
    const [, boot] = (await ghost.line(/Ghost booted in ([\d.]+)s/)).match;
    await ghost.stop();
    return `booted in ${boot} s; ${type} began ${started.atMs - due} ms after its due time, by the time at which its line was read`;
}

/** `kill -9` in the middle of deliveries loses none that was accepted. */
async function killed(site) {
    const count = 400;
    let ghost = await site.boot({store: site.store});
    const acceptedMs = await ghost.dispatch(jobs(count, 5));
    await ghost.until('the hundredth end', () => site.outcomes().ended.length >= 100);
    await ghost.stop('SIGKILL');
    const before = site.outcomes();
    ghost = await site.boot({store: site.store});
    await ghost.until('the last end', () => new Set(site.outcomes().ended).size === count);
    await ghost.stop();
    const {begun, ended} = site.outcomes();
    const repeated = begun.length - new Set(begun).size;
    return (
        `${count} accepted in ${acceptedMs.toFixed(0)} ms, ${before.ended.length} ended before the kill; after the next start ` +
        `${new Set(ended).size} of ${count} have ended, ${repeated} were begun twice`
    );
}

/** The same with Ghost's own adapter, for comparison. */
async function killedInMemory(site) {
    const count = 400;
    let ghost = await site.boot();
    await ghost.dispatch(jobs(count, 5));
    await ghost.until('the hundredth end', () => site.outcomes().ended.length >= 100);
    await ghost.stop('SIGKILL');
    ghost = await site.boot();
    await ghost.stop();
    return `${new Set(site.outcomes().ended).size} of ${count} have ended`;
}

/** A handler that hangs ends at its time limit, and its lane goes on. */
async function hung(site) {
    const ghost = await site.boot({timeout: 2_000});
    await ghost.dispatch([...jobs(2, HANGS_MS, 'hangs'), ...jobs(10, 5)]);
    const failed = await ghost.line(/Job "proof" delivery failed/);
    await ghost.until('the ends of the others', () => site.outcomes().ended.length === 10);
    const stopMs = await ghost.stop();
    assert.ok(failed.atMs > 0);
    return `two that hang filled their lane and ended at their 2 s; the 10 behind them were delivered; exit after SIGTERM in ${seconds(stopMs)}`;
}

/** The same with Ghost's own adapter, for comparison. */
async function hungInMemory(site) {
    const ghost = await site.boot();
    await ghost.dispatch([...jobs(2, HANGS_MS, 'hangs'), ...jobs(10, 5)]);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const {ended} = site.outcomes();
    await ghost.stop();
    return `after 5 s ${ended.length} of the 10 behind them were delivered`;
}

/** SIGTERM while much waits: the exit is in time, what was not done is logged, and the next start does it. */
async function loaded(site) {
    const count = 2_000;
    let ghost = await site.boot({store: site.store});
    await ghost.dispatch(jobs(count, 50));
    await ghost.until('the first ends', () => site.outcomes().ended.length >= 10);
    const stopMs = await ghost.stop();
    const {match} = await lineOf(ghost, /Jobs adapter shut down: .*/);
    assert.ok(stopMs < 10_000, `the exit took ${seconds(stopMs)}`);
    const done = new Set(site.outcomes().ended).size;
    ghost = await site.boot({store: site.store});
    await ghost.until('some of the rest', () => new Set(site.outcomes().ended).size >= done + 100);
    await ghost.stop('SIGKILL');
    return `exit ${seconds(stopMs)} after SIGTERM, with a shutdownTimeout of 5 s; ${done} of ${count} done, the rest goes on after the next start. Logged: ${match[0]}`;
}

/** This package in place of Ghost's job manager 1.0, with Ghost's own adapter, whose schedules are read in local time by that. */
async function manager(site) {
    const type = 'clean-tokens';
    const env = {GHOST_MANAGER: site.package, TZ: 'America/New_York'};
    const ghost = await site.boot(undefined, {soon: type, env});
    const {due} = await ghost.message('drawn');
    const started = await ghost.line(new RegExp(`\\[Background Job\\] ${type} started`));
    await ghost.runScript(path.join(__dirname, 'script.js'));
    const [pid] = site.outcomes().ended;
    assert.notEqual(Number(pid), ghost.child.pid);
    const stopMs = await ghost.stop();
    return (
        `a script of Ghost's job manager ran in a process of its own; ${type} began ${started.atMs - due} ms after its due time in ` +
        `New York; exit after SIGTERM in ${seconds(stopMs)}`
    );
}

/** A line of a Ghost that has ended. */
async function lineOf(ghost, pattern) {
    const found = ghost.lines.map(({text}) => pattern.exec(text)).find(Boolean);
    assert.ok(found, `no line ${pattern}`);
    return {match: found};
}

module.exports = {proofs: {recurring, killed, killedInMemory, hung, hungInMemory, loaded, manager}};

'use strict';

/** A host that asks for runs "now" again and again: the time to the first line, and what a run costs in all. */

const {median} = require('../statistics');
const {treeCpuMs} = require('../processes');
const {Inbox, delay, jobFile, toMs} = require('../talk');

const firstLine = (gap, params, file = 'first-line.js') => ({
    name: `every ${gap}, first line${file.endsWith('.mjs') ? ' of an ES module' : ''}`,
    unit: 'ms',
    baseline: 'upstream',
    goal: {ratioAtMost: file.endsWith('.mjs') ? 0.25 : 0.15},
    params: {...params, file, result: 'firstLine'},
    tiny: {runs: 1, gapMs: 1, file, result: 'firstLine'}
});
const cpu = (gap, params) => ({
    name: `every ${gap}, processor time of all processes for each run`,
    unit: 'ms',
    baseline: 'upstream',
    goal: {ratioAtMost: 1.3},
    needsProc: true,
    params: {...params, file: 'first-line.js', result: 'cpu'},
    tiny: {runs: 1, gapMs: 1, file: 'first-line.js', result: 'cpu'}
});

const GAPS = [
    ['0.1 s', {runs: 40, gapMs: 100}],
    ['1 s', {runs: 20, gapMs: 1_000}],
    ['5 s', {runs: 10, gapMs: 5_000}]
];

module.exports = {
    name: 'now, again and again',
    measurements: [
        ...GAPS.flatMap(([gap, params]) => [firstLine(gap, params), cpu(gap, params)]),
        firstLine('1 s', {runs: 20, gapMs: 1_000}, 'first-line.mjs')
    ],

    async run({load, params: {runs, gapMs, file, result}}) {
        const inbox = new Inbox();
        const manager = new (load())({workerMessageHandler: ({message}) => inbox.push(message)});
        const cpuBeforeMs = result === 'cpu' ? treeCpuMs(process.pid) : 0;
        const samples = [];
        for (let index = 0; index < runs; index += 1) {
            const next = delay(gapMs);
            const calledAt = process.hrtime.bigint();
            manager.addJob({name: `run-${index}`, job: jobFile(file)});
            samples.push(toMs((await inbox.next()) - calledAt));
            await next;
        }
        return result === 'cpu' ? (treeCpuMs(process.pid) - cpuBeforeMs) / runs : median(samples);
    }
};

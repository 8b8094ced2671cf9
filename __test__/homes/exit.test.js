'use strict';

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {eventually} = require('../support/processes');
const {startProgram} = require('./support/programs');

for (const [action, output] of [
    ['loads the package', ''],
    ['creates a manager', ''],
    ['runs a job', 'completed\n'],
    ['runs a job that is not awaited', ''],
    ['runs a job that cannot be started', ''],
    ['runs an inline job', 'completed\n'],
    ['waits for a date', 'completed\n'],
    ['removes a recurring job', 'removed\n'],
    ['shuts down', 'over\n'],
    ['shuts down twice at once, without a job', 'over\n']
]) {
    test(`a process that ${action} ends by itself when that is done, and leaves nothing`, async (t) => {
        const {ended, pids} = startProgram(t, 'host.js', {args: [action]});
        assert.deepEqual(await ended, {code: 0, signal: null, output});
        await eventually('the end of its processes', () => pids().length === 0);
    });
}

for (const [action, expected] of [
    ['exits in mid-run', {code: 3, signal: null}],
    ['throws in mid-run', {code: 1, signal: null}],
    ['aborts in mid-run', {code: null, signal: 'SIGABRT'}],
    ['exits while a job begins', {code: 3, signal: null}]
]) {
    test(`a process that ${action} leaves none behind`, async (t) => {
        const {ended, pids} = startProgram(t, 'host.js', {args: [action]});
        const {code, signal} = await ended;
        assert.deepEqual({code, signal}, expected);
        await eventually('the end of its processes', () => pids().length === 0);
    });
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL']) {
    test(`a process that is ended by ${signal} leaves none behind`, async (t) => {
        const {child, ended, line, pids} = startProgram(t, 'host.js', {args: ['goes on']});
        assert.equal(await line(), 'going');
        assert.ok(pids().length >= 3, 'the host and two jobs');
        child.kill(signal);
        assert.equal((await ended).signal, signal);
        await eventually('the end of its processes', () => pids().length === 0);
    });
}

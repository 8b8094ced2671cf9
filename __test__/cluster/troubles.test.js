'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const {promisify} = require('node:util');

const turn = promisify(setImmediate);

/** Troubles with mocked timers, and a server that cannot be reached until the test sets `isAway` to false. */
function makeTroubles(t) {
    t.mock.timers.enable({apis: ['setTimeout', 'Date'], now: 1_000_000});
    const file = require.resolve('../../lib/cluster/troubles');
    delete require.cache[file];
    const {Troubles} = require(file);
    const server = {isAway: true};
    const lines = [];
    const troubles = new Troubles(
        {
            problem: ({code, message, reason}) => lines.push({code, message, reason}),
            info: (message) => lines.push({message})
        },
        'queue "jobs"',
        async () => {
            if (server.isAway) {
                throw new Error('away');
            }
        }
    );
    const pass = async (ms) => {
        for (let passed = 0; passed < ms; passed += 500) {
            t.mock.timers.tick(500);
            await turn();
        }
    };
    return {troubles, server, lines, pass};
}

test('an outage gets one line each half a minute, and one when it is over', async (t) => {
    const {troubles, server, lines, pass} = makeTroubles(t);
    for (let second = 0; second < 40; second++) {
        troubles.add('connect ECONNREFUSED 127.0.0.1:6379', {code: 'ECONNREFUSED'});
        await pass(1_000);
    }
    assert.equal(lines.length, 2);
    assert.match(
        lines[0].message,
        /^The queue "jobs" of the cluster cannot be used by this host: connect ECONNREFUSED/
    );
    assert.deepEqual([lines[0].code, lines[0].reason], ['CLUSTER_UNREACHABLE', 'ECONNREFUSED']);
    server.isAway = false;
    await pass(2_000);
    assert.equal(lines.length, 3);
    assert.match(lines[2].message, /can be used again by this host, after 4\d s$/);
});

test('the next outage has its line at once', async (t) => {
    const {troubles, server, lines, pass} = makeTroubles(t);
    troubles.add('away', {code: 'X'});
    await pass(3_000);
    server.isAway = false;
    await pass(2_000);
    troubles.add('away', {code: 'X'});
    assert.equal(lines.filter(({code}) => code).length, 2);
});

test('one that lasts less than a second gets no line that it is over, and a manager that shuts down logs nothing', async (t) => {
    const {troubles, server, lines, pass} = makeTroubles(t);
    server.isAway = false;
    troubles.add('a moment', {code: 'X'});
    await pass(2_000);
    assert.equal(lines.length, 1);
    troubles.close();
    troubles.add('another one', {code: 'Y'});
    await pass(2_000);
    assert.equal(lines.length, 1);
});

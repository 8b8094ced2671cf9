'use strict';

// Following a run: its output from some byte on, and the event that there is more.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {runOutput} = require('../../lib/runs/run-output');
const {createManager} = require('../support/runs');

/** What the native side gives of these bytes. */
function excerpt(bytes, from = 0) {
    const rest = bytes.subarray(from);
    return {
        bytes: rest,
        fromByte: from,
        totalBytes: bytes.length,
        droppedBytes: 0,
        gapAt: 0,
        pieces: undefined
    };
}

test('a run that is followed byte for byte gives the same text as at once', () => {
    const bytes = Buffer.from(
        'plain ä € 😀 \u001b[1;31mred\u001b[0m \u001b]0;title\u0007 \u001b]8;;http://a.example\u001b\\link\u001b]8;;\u001b\\\r\nend\ré\u001b(Bx\n'
    );
    const whole = runOutput(excerpt(bytes), {isLive: false}).text;
    assert.equal(whole, 'plain ä € 😀 red  link\nend\néx\n');
    let from = 0;
    let text = '';
    for (let length = 1; length <= bytes.length; length += 1) {
        const part = runOutput(excerpt(bytes.subarray(0, length), from), {isLive: length < bytes.length});
        assert.equal(part.fromByte, from);
        assert.ok(part.totalBytes >= from && part.totalBytes <= length);
        text += part.text;
        from = part.totalBytes;
    }
    assert.equal(text, whole);
});

test('what looks like the beginning of a sequence and never ends is shown in the end', () => {
    const bytes = Buffer.from(`a\u001b]${'b'.repeat(1_000)}`);
    const {text, totalBytes} = runOutput(excerpt(bytes), {isLive: true});
    assert.equal(totalBytes, bytes.length);
    assert.ok(text.endsWith('bbb'));
    assert.equal(runOutput(excerpt(Buffer.from('a\u001b[')), {isLive: false}).text, 'a[');
});

test('a run is followed to its end by the event "run output", four times a second at most', async (t) => {
    const {manager} = createManager(t);
    const heard = [];
    let text = '';
    let from = 0;
    const follow = (runId) => {
        const output = manager.output(runId, {from});
        text += output.text;
        from = output.totalBytes;
    };
    manager.events.on('run output', ({runId, job, totalBytes}) => {
        heard.push({job, totalBytes, atMs: performance.now()});
        follow(runId);
    });
    const ended = new Promise((resolve) => manager.events.on('run ended', resolve));
    await manager.addJob({
        name: 'prints',
        output: 'capture',
        job: () => {
            let number = 0;
            const timer = setInterval(() => {
                console.log(number, 'ä');
                number += 1;
                if (number === 200) {
                    clearInterval(timer);
                }
            }, 5);
        }
    });
    const {run} = await ended;
    const atEnd = text;
    assert.equal(heard.at(-1).totalBytes, run.outputBytes);
    assert.equal(atEnd, manager.output(run.id).text);
    assert.equal(atEnd.split('\n').length, 201);
    assert.ok(heard.every(({job}) => job === 'prints'));
    // The last one comes with the end.
    const pauses = heard.slice(1, -1).map(({atMs}, index) => atMs - heard[index].atMs);
    assert.ok(heard.length >= 3, `${heard.length} events`);
    assert.ok(
        pauses.every((pauseMs) => pauseMs >= 245),
        `${pauses}`
    );
    assert.ok(heard.every(({totalBytes}, index) => index === 0 || totalBytes > heard[index - 1].totalBytes));
});

test('the log of a run on the event loop of the host is followed, too', async (t) => {
    const {manager} = createManager(t);
    const heard = [];
    manager.events.on('run output', ({runId}) => heard.push(manager.output(runId).text.split(' ')[2]));
    const ended = new Promise((resolve) => manager.events.on('run ended', resolve));
    await manager.defineJob({
        name: 'logs',
        job: async (_data, run) => {
            run.log('first\n');
            // Until the first one has been heard of.
            while (heard.length === 0) {
                await new Promise(setImmediate);
            }
            run.log('second');
        }
    });
    const run = await manager.runJob('logs');
    await run.result;
    await ended;
    assert.equal(heard[0], 'first\n\n');
    assert.match(manager.output(run.id).text, /second\n$/);
});

test('where nobody listens, or not any longer, nothing is reported', async (t) => {
    const {manager} = createManager(t);
    const run = async (name) => {
        const ended = new Promise((resolve) => {
            manager.events.on('run ended', (event) => event.run.job === name && resolve(event));
        });
        await manager.addJob({name, output: 'capture', job: () => console.log('hello')});
        return ended;
    };
    const heard = [];
    const listener = ({job}) => heard.push(job);
    await run('before');
    manager.events.on('run output', listener);
    await run('while');
    manager.events.off('run output', listener);
    await run('after');
    manager.events.on('run output', listener);
    await run('again');
    assert.deepEqual(heard, ['while', 'again']);
});

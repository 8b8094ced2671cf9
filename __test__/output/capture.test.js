'use strict';

// What a run prints and logs is kept with it, within bounds.

const assert = require('node:assert/strict');
const path = require('node:path');
const {test} = require('node:test');
const {eventually} = require('../support/processes');
const {createManager} = require('../support/runs');

const job = (name) => path.join(__dirname, 'jobs', `${name}.js`);

/** Runs a script to its end. @returns {Promise<{run: object, error?: Error}>} its last event */
function runScript(manager, options) {
    const ended = new Promise((resolve) => {
        manager.events.on('run ended', (event) => event.run.job === options.name && resolve(event));
    });
    return manager.addJob(options).then(() => ended);
}

test('what a job prints to both streams is kept in order, with the lines of each', async (t) => {
    const {manager} = createManager(t);
    const {run} = await runScript(manager, {
        name: 'prints',
        output: 'capture',
        job: () => {
            console.log('first');
            process.stdout.write('part of ');
            setTimeout(() => {
                console.error('an error');
                setTimeout(() => console.log('a line'), 50);
            }, 50);
        }
    });
    const output = manager.output(run.id, {lines: true});
    assert.equal(output.text, 'first\npart of an error\na line\n');
    assert.deepEqual(
        output.lines.map(({stream, attempt, text}) => [stream, attempt, text]),
        [
            ['stdout', 1, 'first'],
            ['stderr', 1, 'an error'],
            ['stdout', 1, 'part of a line']
        ]
    );
    assert.ok(output.lines.every(({at}) => at >= run.started && at <= run.ended));
    assert.equal(output.totalBytes, Buffer.byteLength(output.text));
    assert.deepEqual([output.fromByte, output.droppedBytes, run.outputBytes], [0, 0, output.totalBytes]);
    assert.equal(manager.run(run.id).outputBytes, output.totalBytes);
    assert.equal(manager.stats().outputBytes, output.totalBytes);
});

test('each stream may go its own way, and nothing is kept by default', async (t) => {
    const {manager} = createManager(t);
    const prints = () => {
        process.stdout.write('');
        console.error('an error');
    };
    const one = await runScript(manager, {
        name: 'stderr',
        job: prints,
        output: {stdout: 'ignore', stderr: 'capture'}
    });
    assert.equal(manager.output(one.run.id).text, 'an error\n');
    const none = await runScript(manager, {name: 'ignored', job: prints, output: 'ignore'});
    assert.deepEqual(manager.output(none.run.id), {text: '', fromByte: 0, totalBytes: 0, droppedBytes: 0});
    assert.equal(none.run.outputBytes, undefined);
    const usual = await runScript(manager, {name: 'usual', job: () => {}});
    assert.deepEqual(manager.output(usual.run.id, {lines: true}).lines, []);
});

test('a job whose output goes nowhere may print to it', async (t) => {
    const {manager} = createManager(t);
    const prints = () => {
        const fs = require('node:fs');
        fs.writeSync(1, 'x');
        console.log(fs.fstatSync(2).isCharacterDevice());
        require('node:worker_threads').parentPort.postMessage('done');
    };
    const {run, error} = await runScript(manager, {name: 'ignored', job: prints, output: 'ignore'});
    assert.equal(error, undefined);
    assert.equal(run.state, 'completed');
});

test('the first quarter and the last three quarters are kept, cut at the ends of lines', async (t) => {
    const {manager} = createManager(t);
    const {run} = await runScript(manager, {
        name: 'prints',
        output: 'capture',
        outputLimit: 4_000,
        job: () => {
            for (let number = 0; number < 10_000; number += 1) {
                console.log(`line ${String(number).padStart(4, '0')}`);
            }
        }
    });
    const output = manager.output(run.id);
    assert.equal(output.totalBytes, 100_000);
    const [, first, dropped, last] =
        /^(line 0000\n.*\n)… ([\d,]+) bytes left out …\n(line .*\nline 9999\n)$/s.exec(output.text);
    assert.equal(Number(dropped.replace(',', '')), output.droppedBytes);
    assert.equal(first.length + output.droppedBytes + last.length, output.totalBytes);
    assert.ok(first.length <= 1_000 && first.length > 980, `${first.length}`);
    assert.ok(last.length <= 3_000 && last.length > 2_980, `${last.length}`);
    const {outputBytes, outputDroppedBytes} = manager.stats();
    assert.deepEqual([outputBytes, outputDroppedBytes], [4_000, 96_000]);
});

test('escape sequences are gone, and what is no UTF-8 is replaced', async (t) => {
    const {manager} = createManager(t);
    const {run} = await runScript(manager, {
        name: 'prints',
        output: 'capture',
        job: () => {
            process.stdout.write('\u001b[31mred\u001b[0m, \u001b]0;a title\u0007title, ');
            // One sequence inside of another: taking out the inner one must not leave the outer one.
            process.stdout.write(
                '\u001b\u001b[31m[31mnested, \u001b]8;;http://a.example\u001b\\link\u001b]8;;\u001b\\, '
            );
            process.stdout.write('\u009b2Jcleared, be\u0008ll\u0007, one\r\ntwo\rthree\ttab, ');
            process.stdout.write(Buffer.from([0x61, 0xff, 0xc3, 0x28, 0x0a]));
        }
    });
    const {text} = manager.output(run.id);
    assert.equal(text, 'red, title, [31mnested, link, cleared, bell, one\ntwo\nthree\ttab, a\ufffd\ufffd(\n');
    // oxlint-disable-next-line no-control-regex -- they are what must not be there
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
});

test("V8's report of a full heap is in the output of the run", async (t) => {
    const {manager} = createManager(t);
    const {run, error} = await runScript(manager, {
        name: 'hoards',
        output: {stderr: 'capture'},
        worker: {resourceLimits: {maxOldGenerationSizeMb: 16}},
        job: () => {
            const hoard = [];
            for (;;) {
                hoard.push(new Array(1_000).fill(hoard.length));
            }
        }
    });
    assert.equal(run.state, 'failed');
    assert.ok(error instanceof Error);
    assert.match(manager.output(run.id).text, /heap limit|JavaScript heap out of memory/);
});

test('what run.log writes is kept with what is printed, with its time, level and fields', async (t) => {
    const {manager, logs} = createManager(t);
    const {run} = await runScript(manager, {name: 'logs', output: 'capture', job: job('logs')});
    const {text, lines} = manager.output(run.id, {lines: true});
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
    for (const line of [
        '^before',
        `^${time} warn half-way \\{"done":5\\}`,
        `^${time} info two\\nlines`,
        '^no end'
    ]) {
        assert.match(text, new RegExp(`${line}$`, 'm'));
    }
    // Each stream is in order; a pipe and the channel of the log are read one after the other.
    assert.deepEqual(
        lines
            .toSorted((one, other) => other.stream.localeCompare(one.stream))
            .map(({stream, level, text: line, fields}) => ({stream, level, line, fields})),
        [
            {stream: 'stdout', level: undefined, line: 'before', fields: undefined},
            {stream: 'stdout', level: undefined, line: 'no end', fields: undefined},
            {stream: 'log', level: 'warn', line: 'half-way', fields: {done: 5}},
            {stream: 'log', level: 'info', line: 'two\nlines', fields: undefined}
        ]
    );
    assert.ok(logs.some(({level, text: line}) => level === 'warn' && line.includes('half-way')));
});

test('the log of a run is kept whatever becomes of what it prints, on the event loop of the host too', async (t) => {
    const {manager} = createManager(t);
    const script = await runScript(manager, {name: 'script', output: 'ignore', job: job('logs')});
    assert.match(manager.output(script.run.id).text, /^\S+ warn half-way \{"done":5\}\n/);
    const inline = await runScript(manager, {
        name: 'inline',
        offloaded: false,
        context: true,
        job: (_data, run) => run.log('on the loop', {id: 7}, 'error')
    });
    assert.match(manager.output(inline.run.id).text, /^\S+ error on the loop \{"id":7\}\n$/);
    await manager.defineJob({name: 'handler', job: (_data, run) => run.log('in a handler')});
    const run = await manager.runJob('handler');
    await run.result;
    const [line] = manager.output(run.id, {lines: true}).lines;
    assert.deepEqual([line.stream, line.level, line.text], ['log', 'info', 'in a handler']);
    assert.equal(manager.run(run.id).outputBytes, manager.output(run.id).totalBytes);
});

test('attempts of a run are marked', async (t) => {
    const {manager} = createManager(t);
    const {run} = await runScript(manager, {
        name: 'fails',
        attempts: 3,
        backoff: 1,
        output: 'capture',
        job: () => {
            process.stdout.write('tried');
            process.exit(1);
        }
    });
    const {text, lines} = manager.output(run.id, {lines: true});
    assert.equal(text, 'tried\n… attempt 2 …\ntried\n… attempt 3 …\ntried');
    assert.deepEqual(
        lines.map(({attempt, text: line}) => [attempt, line]),
        [
            [1, 'tried'],
            [2, 'tried'],
            [3, 'tried']
        ]
    );
});

test('without room the run that ended first gives up its output first, and failed ones last', async (t) => {
    const {manager} = createManager(t, {outputBudget: 25_000, job: {output: 'capture'}});
    const runs = [];
    for (const code of [1, 0, 0, 0, 0]) {
        const {run} = await runScript(manager, {
            name: `job ${runs.length}`,
            data: {code},
            job: () => {
                require('node:fs').writeSync(1, `${'x'.repeat(9_999)}\n`);
                process.exit(require('node:worker_threads').workerData.code);
            }
        });
        runs.push(run);
    }
    const dropped = runs.map(({id}) => manager.output(id).droppedBytes);
    assert.deepEqual(dropped, [0, 10_000, 10_000, 10_000, 0]);
    assert.equal(manager.output(runs[1].id).text, '… 10,000 bytes left out …\n');
    assert.equal(manager.output(runs[1].id).totalBytes, 10_000);
    assert.equal(manager.run(runs[1].id).outputBytes, 10_000);
    const {outputBytes, outputDroppedBytes} = manager.stats();
    assert.deepEqual([outputBytes, outputDroppedBytes], [20_000, 30_000]);
});

test('output is forgotten with its run', async (t) => {
    const {manager} = createManager(t, {job: {output: 'capture', history: 1}});
    await manager.addJob({name: 'prints', at: '0 0 3 1 1 *', job: () => console.log('hello')});
    const ids = [];
    for (const _turn of [1, 2]) {
        const run = await manager.runJob('prints');
        await run.result;
        ids.push(run.id);
    }
    assert.equal(manager.output(ids[0]), undefined);
    assert.equal(manager.output(ids[1]).text, 'hello\n');
    assert.equal(manager.stats().outputBytes, 6);
    const {run} = await runScript(manager, {name: 'none', history: false, job: () => console.log('hello')});
    assert.equal(manager.output(run.id), undefined);
    assert.equal(manager.stats().outputBytes, 6);
});

test('what a process prints as it boots is kept with its run, whether it was started ahead or not', async (t) => {
    const preload = path.join(__dirname, 'jobs', 'preload.js');
    for (const warmWorkers of [0, 1]) {
        const {manager} = createManager(t, {warmWorkers});
        const worker = {execArgv: ['--require', preload]};
        const prints = () => console.log('hello');
        await manager.addJob({name: 'prints', at: '0 0 3 1 1 *', output: 'capture', worker, job: prints});
        await eventually('it is started', () => manager.stats().processes.spare === warmWorkers);
        const run = await manager.runJob('prints');
        await run.result;
        assert.equal(manager.output(run.id).text, 'preloaded\nhello\n');
    }
});

test('a job that closes its output ends as others do, with what it has printed', async (t) => {
    const {manager} = createManager(t);
    for (const [index, closes] of ['closeSync(1); closeSync(2);', 'process.stdout.destroy();'].entries()) {
        const text = `const {closeSync} = require('node:fs'); console.log('before'); ${closes}`;
        const {run} = await runScript(manager, {
            name: `closes ${index}`,
            output: 'capture',
            job: new Function(text)
        });
        assert.deepEqual([run.state, manager.output(run.id).text], ['completed', 'before\n']);
    }
});

test('a run that is not known has no output', (t) => {
    const {manager} = createManager(t);
    assert.equal(manager.output('nobody'), undefined);
    assert.equal(manager.output(`${manager.stats().instance}-4294967295`), undefined);
});

test('a process that the job leaves behind, and that holds its output, does not delay the end of the run', async (t) => {
    const {manager} = createManager(t);
    const {run} = await runScript(manager, {
        name: 'leaves',
        output: 'capture',
        job: () => {
            const {spawn} = require('node:child_process');
            const child = spawn('sleep', ['5'], {detached: true, stdio: 'inherit'});
            child.unref();
            console.log(child.pid);
        }
    });
    t.after(() => process.kill(Number(manager.output(run.id).text)));
    assert.equal(run.state, 'completed');
    assert.ok(run.elapsedMs < 1_500, `${run.elapsedMs} ms`);
});

'use strict';

// Jobs that throw what cannot be looked at: the host gets an error, and nothing of the worker's script is printed.

const assert = require('node:assert/strict');
const {suite, test} = require('node:test');
const {deserialize, deserializeError, serialize, serializeError} = require('../../lib/wire/clone');
const {CloneWriter} = require('../../lib/wire/clone-codec');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');
const {WorkerProcess, decodeFrame} = require('../support/worker-harness');
const {ToHost} = require('../../lib/wire/frames');

/** What is thrown, as source: it has to be made in the job. */
const HOSTILE = {
    'a revoked Proxy':
        '(() => { const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); return proxy; })()',
    'a Proxy of an error, all of whose traps throw':
        'new Proxy(new Error("inner"), new Proxy({}, {get() { throw new Error("trap"); }}))',
    'an object whose methods throw':
        '{toString() { throw 1; }, [Symbol.toPrimitive]() { throw 2; }, [Symbol.for("nodejs.util.inspect.custom")]() { throw 3; }}',
    'an object with a tag that throws': '{run() {}, get [Symbol.toStringTag]() { throw new Error("tag"); }}',
    'an error whose getters throw':
        'Object.defineProperties(new Error("x"), {message: {get() { throw 1; }}, stack: {get() { throw 2; }}, name: {get() { throw 3; }}})',
    'an error with a name and a message that cannot be shown':
        'Object.assign(new Error("x"), {name: {[Symbol.toPrimitive]() { throw 1; }}, message: Object.create(null)})',
    'an error that holds a revoked Proxy':
        'Object.assign(new Error("kept"), {detail: (() => { const r = Proxy.revocable([], {}); r.revoke(); return r.proxy; })()})',
    'an error in a list that holds itself':
        '(() => { const e = new Error("kept"); e.list = [e]; e.list.push(e.list); return e; })()',
    'an error below a class that throws':
        'Object.setPrototypeOf(new Error("x"), {get constructor() { throw new Error("class"); }, __proto__: Error.prototype})'
};

/** Runs source as a job; gives the error that the host is sent, and what was printed. */
async function outcome(t, source, node) {
    const worker = new WorkerProcess({cold: true, node});
    t.after(() => worker.kill());
    let error = 'none was sent';
    worker.on('frame', (kind, payload) => {
        if (kind === ToHost.ERROR) {
            error = decodeFrame(kind, payload).value;
        }
    });
    worker.start({threadId: 1}, {name: 'hostile', kind: 'source', target: source});
    const {code, stdout, stderr} = await worker.ended;
    return {error, code, printed: stdout + stderr};
}

for (const major of NODE_MAJORS) {
    suite(`Node.js ${major}`, () => {
        for (const [what, value] of Object.entries(HOSTILE)) {
            for (const [how, source] of [
                ['thrown', `throw ${value}`],
                ['a rejection', `Promise.reject(${value})`]
            ]) {
                test(`${what}, ${how}`, async (t) => {
                    const {error, code, printed} = await outcome(t, source, nodeBinary(major));
                    assert.equal(printed, '');
                    assert.equal(code, 1);
                    assert.notEqual(error, 'none was sent');
                    if (value.includes('"kept"')) {
                        assert.equal(error.message, 'kept');
                    }
                });
            }
        }
    });
}

test('a job that breaks what errors are sent with prints one line, and nothing of the script', async (t) => {
    const source =
        'Buffer.from = Object.getOwnPropertyNames = Array.prototype.map = () => { throw 1; }; throw new Error("x");';
    const {code, printed} = await outcome(t, source);
    assert.equal(code, 1);
    assert.ok(printed.length < 500 && printed.trim().split('\n').length <= 1, printed);
});

suite('frames that no worker of ours would send', () => {
    /** A view whose ArrayBuffer is something else. */
    function viewOf(buffer, type = 2) {
        const writer = new CloneWriter();
        writer._writeHostObject = function () {
            this.writeUint32(type);
            this.writeUint32(0);
            this.writeUint32(8);
            this.writeValue(buffer);
        };
        writer.writeHeader();
        writer.writeValue(new Uint8Array(1));
        return writer.releaseBuffer();
    }

    for (const [what, bytes] of [
        ['a number of elements', viewOf(2 ** 31)],
        ['a list', viewOf({length: 2 ** 30})],
        ['an ArrayBuffer that is too short', viewOf(new ArrayBuffer(4))],
        ['a kind of view that there is none of', viewOf(new ArrayBuffer(8), 200)]
    ]) {
        test(`a view with ${what} is refused at once`, () => {
            const before = performance.now();
            assert.throws(() => deserialize(bytes), {name: /RangeError|TypeError/});
            assert.ok(performance.now() - before < 500);
        });
    }

    test('an envelope of lists within lists costs what its bytes cost', () => {
        let list = {list: [{bytes: serialize(1)}]};
        for (let depth = 0; depth < 40; depth += 1) {
            list = {list: [list, list]};
        }
        const envelope = {
            type: 'error',
            records: [{kind: 'Error', name: 'Error', message: 'x', fields: [['list', true, list]]}]
        };
        const error = deserializeError(serialize(envelope));
        assert.deepEqual(error.list, [undefined, undefined]);
    });

    test('gathered errors still arrive one by one', () => {
        const error = new AggregateError([new TypeError('one'), 'two'], 'both');
        const {errors} = deserializeError(serializeError(error));
        assert.deepEqual([errors[0].name, errors[0].message, errors[1]], ['TypeError', 'one', 'two']);
    });
});

'use strict';

/** The clone codec against Node's own structured clone, and what only the codec has to say. */

const assert = require('node:assert/strict');
const {createSecretKey} = require('node:crypto');
const {BlockList} = require('node:net');
const {suite, test} = require('node:test');
const v8 = require('node:v8');
const vm = require('node:vm');
const {MessageChannel, receiveMessageOnPort} = require('node:worker_threads');
const {deserialize, deserializeError, serialize, serializeError} = require('../../lib/wire/clone.js');
const {serializeShortText} = require('../../lib/wire/short-text.js');
const {describeError} = require('./describe.js');

const roundTrip = (value) => deserialize(serialize(value));
const errorRoundTrip = (thrown) => deserializeError(serializeError(thrown));

/** What a message port, and so a Worker, delivers for a value. */
function delivered(value) {
    const {port1, port2} = new MessageChannel();
    try {
        port1.postMessage(value);
        return receiveMessageOnPort(port2).message;
    } finally {
        port1.close();
    }
}

function thrownBy(action) {
    try {
        action();
    } catch (error) {
        return error;
    }
    assert.fail('nothing was thrown');
}

suite('values', () => {
    const circle = {list: []};
    circle.list.push(circle);
    const sparse = ['a'];
    sparse[100_000] = 'b';
    const foreign = vm.runInNewContext(
        '({map: new Map([[1, {a: [2]}]]), date: new Date(3), bytes: new Uint8Array([4])})'
    );
    const named = [1, 2];
    named.extra = 'kept';

    for (const [title, value] of Object.entries({
        primitives: [undefined, null, true, -0, NaN, 1.5, 2 ** 31, 'text', 'žluť 🐎', 10n ** 30n],
        boxed: [Object('s'), Object(1), Object(false), Object(1n)],
        objects: [new Date(5), /a\/b/gimsuy, {a: {b: [{}]}}, Object.create(null)],
        collections: [new Map([[{k: 1}, new Set([[1], new Map()])]]), new Set()],
        circle,
        sparse,
        'an array with a name': named,
        foreign,
        binary: [
            new ArrayBuffer(0),
            new Uint8Array(3).fill(9),
            new BigUint64Array(2),
            new DataView(new ArrayBuffer(9), 1, 4)
        ],
        errors: [new TypeError('kind'), new Error('cause', {cause: {a: 1}}), new URIError('')],
        'an instance of a class': new (class extends Map {
            own = 1;
        })([[1, 2]])
    })) {
        test(`${title} arrive as from a Worker`, () => {
            assert.deepEqual(roundTrip(value), delivered(value));
        });
    }

    test('views of one ArrayBuffer still share it', () => {
        const buffer = new ArrayBuffer(16);
        const {bytes, words, again} = roundTrip({
            bytes: new Uint8Array(buffer, 2, 4),
            words: new Uint16Array(buffer),
            again: buffer
        });
        assert.equal(bytes.buffer, words.buffer);
        assert.equal(bytes.buffer, again);
        assert.equal(bytes.byteOffset, 2);
        assert.equal(words.length, 8);
    });

    test('every kind of view arrives as itself', () => {
        for (const name of [
            'Int8',
            'Uint8',
            'Uint8Clamped',
            'Int16',
            'Uint16',
            'Int32',
            'Uint32',
            'Float32',
            'Float64',
            'BigInt64',
            'BigUint64',
            'Float16'
        ]) {
            const View = globalThis[`${name}Array`];
            if (View) {
                assert.deepEqual(roundTrip(new View(3)), new View(3));
            }
        }
    });

    test('a Buffer arrives as Uint8Array, without the pool it is a part of', () => {
        const buffer = Buffer.from('secret neighbours stay');
        assert.ok(buffer.buffer.byteLength > buffer.length, 'it is a part of the pool');
        const arrived = roundTrip({buffer}).buffer;
        assert.equal(arrived.constructor, Uint8Array);
        assert.equal(arrived.buffer.byteLength, buffer.length);
        assert.equal(Buffer.from(arrived).toString(), 'secret neighbours stay');
    });

    for (const text of [
        '',
        'done',
        'cancelled',
        '\0\x7f\x80\xff',
        'x'.repeat(127),
        'x'.repeat(128),
        'é€',
        '🐎'
    ]) {
        test(`the text ${JSON.stringify(text.slice(0, 10))} of ${text.length} is written as V8 writes it`, () => {
            const written = (headroomBytes) =>
                serializeShortText(text, headroomBytes) ?? serialize(text, headroomBytes);
            assert.deepEqual(written(0), v8.serialize(text));
            assert.equal(deserialize(written(5).subarray(5)), text);
        });
    }

    test('headroom is left in front', () => {
        const bytes = serialize({a: 'žluť'}, 5);
        assert.deepEqual([...bytes.subarray(0, 5)], [0, 0, 0, 0, 0]);
        assert.deepEqual(deserialize(bytes.subarray(5)), {a: 'žluť'});
    });

    test('bytes that are no clone are refused', () => {
        for (const bytes of [
            Buffer.alloc(0),
            Buffer.from('nonsense'),
            serialize({a: [1, 2, 3]}).subarray(0, 8)
        ]) {
            assert.throws(() => deserialize(bytes), Error);
        }
    });
});

suite('what cannot be cloned', () => {
    for (const value of [
        () => {},
        Symbol('s'),
        new WeakMap(),
        new WeakSet(),
        Promise.resolve(),
        new Proxy({}, {}),
        (function* () {})(),
        new URL('http://example.org'),
        new Headers(),
        new Intl.NumberFormat()
    ]) {
        const title = Object.prototype.toString.call(value);
        test(`${title} is refused, or not, as by a Worker`, () => {
            let expected = null;
            try {
                delivered({deep: [value]});
            } catch (error) {
                expected = error;
            }
            if (expected === null) {
                assert.deepEqual(roundTrip({deep: [value]}), delivered({deep: [value]}));
                return;
            }
            const error = thrownBy(() => serialize({deep: [value]}));
            assert.equal(error.name, 'DataCloneError');
            assert.equal(error.code, 25);
            assert.equal(error.message, expected.message);
            assert.ok(error instanceof DOMException);
        });
    }

    const wasm = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
    for (const [name, value] of Object.entries({
        SharedArrayBuffer: new SharedArrayBuffer(1),
        MessagePort: new MessageChannel().port1,
        Blob: new Blob(['x']),
        BlockList: new BlockList(),
        SecretKeyObject: createSecretKey(Buffer.from('k')),
        ReadableStream: new ReadableStream(),
        Module: wasm
    })) {
        test(`${name} cannot leave the process, at any depth`, () => {
            for (const holder of [
                value,
                [value],
                {a: {b: value}},
                new Map([[value, 1]]),
                new Map([[1, value]]),
                new Set([value])
            ]) {
                const error = thrownBy(() => serialize(holder));
                assert.equal(error.name, 'DataCloneError');
                assert.equal(
                    error.message,
                    `#<${name}> could not be cloned: it cannot be shared with or moved to another process.`
                );
            }
        });
    }

    test('a view of shared memory cannot leave the process', () => {
        assert.throws(() => serialize(new Uint8Array(new SharedArrayBuffer(4))), /SharedArrayBuffer/);
        assert.throws(() => serialize(Buffer.from(new SharedArrayBuffer(40), 1, 2)), /SharedArrayBuffer/);
    });

    test('what a getter throws is thrown', () => {
        const broken = {
            get value() {
                throw new RangeError('from the getter');
            }
        };
        assert.throws(() => serialize(broken), /^RangeError: from the getter/);
    });
});

suite('errors', () => {
    test('name, message, stack, code and own properties are kept', () => {
        const error = Object.assign(new RangeError('message'), {
            code: 'E_CODE',
            list: [1, {a: 2n}],
            when: new Date(1)
        });
        error.name = 'CustomError';
        const arrived = errorRoundTrip(error);
        assert.ok(arrived instanceof RangeError);
        assert.equal(arrived.stack, error.stack);
        assert.deepEqual(describeError(arrived), describeError(error));
        assert.deepEqual(Object.keys(arrived), Object.keys(error));
    });

    test('nothing shows that was not there', () => {
        const error = new Error('plain');
        const arrived = errorRoundTrip(error);
        assert.deepEqual(
            Object.getOwnPropertyNames(arrived).toSorted(),
            Object.getOwnPropertyNames(error).toSorted()
        );
        assert.deepEqual(Object.keys(arrived), []);
    });

    test('what the class of an error adds is kept', () => {
        class ClassError extends SyntaxError {
            get name() {
                return 'ClassError';
            }

            get statusCode() {
                return 418;
            }

            method() {}
        }
        const arrived = errorRoundTrip(new ClassError('of a class'));
        assert.ok(arrived instanceof SyntaxError);
        assert.equal(String(arrived), 'ClassError: of a class');
        assert.equal(arrived.statusCode, 418);
        assert.equal(arrived.method, undefined);
    });

    test('causes are errors too, whole, and may go in a circle', () => {
        const inner = Object.assign(new TypeError('inner'), {code: 'E_INNER'});
        const outer = new Error('outer', {cause: inner});
        inner.cause = outer;
        const arrived = errorRoundTrip(outer);
        assert.ok(arrived.cause instanceof TypeError);
        assert.equal(arrived.cause.code, 'E_INNER');
        assert.equal(arrived.cause.cause, arrived);
        assert.deepEqual(Object.keys(arrived), []);
    });

    test('a chain of ten thousand causes arrives', () => {
        let error = new Error('0');
        for (let count = 1; count < 10_000; count += 1) {
            error = new Error(String(count), {cause: error});
        }
        let arrived = errorRoundTrip(error);
        let length = 0;
        for (; arrived; arrived = arrived.cause) {
            length += 1;
        }
        assert.equal(length, 10_000);
    });

    test('gathered errors arrive whole', () => {
        const arrived = errorRoundTrip(
            new AggregateError([Object.assign(new TypeError('first'), {code: 'E_FIRST'}), 'second'], 'all')
        );
        assert.ok(arrived instanceof AggregateError);
        assert.ok(arrived.errors[0] instanceof TypeError);
        assert.equal(arrived.errors[0].code, 'E_FIRST');
        assert.equal(arrived.errors[1], 'second');
    });

    test('errors in properties arrive as errors', () => {
        const arrived = errorRoundTrip(
            Object.assign(new Error('e'), {inner: new RangeError('i'), all: [new EvalError('a'), 1]})
        );
        assert.ok(arrived.inner instanceof RangeError);
        assert.ok(arrived.all[0] instanceof EvalError);
        assert.equal(arrived.all[1], 1);
    });

    test('what cannot be cloned becomes text or is left out, and spoils nothing else', () => {
        const arrived = errorRoundTrip(
            Object.assign(new Error('e'), {
                code: 'E_KEPT',
                method() {},
                symbol: Symbol('s'),
                config: {transform() {}},
                port: new MessageChannel().port1,
                [Symbol('key')]: 1
            })
        );
        assert.equal(arrived.code, 'E_KEPT');
        assert.deepEqual(Object.keys(arrived), ['code', 'config', 'port']);
        assert.match(arrived.config, /transform/);
        assert.match(arrived.port, /MessagePort/);
    });

    test('an error that cannot be read is still an error', () => {
        const error = new Error('unreadable');
        Object.defineProperty(error, 'stack', {
            get() {
                throw new Error('no stack');
            }
        });
        Object.defineProperty(error, 'broken', {
            enumerable: true,
            get() {
                throw new Error('no property');
            }
        });
        const arrived = errorRoundTrip(error);
        assert.equal(arrived.message, 'unreadable');
        assert.equal(arrived.broken, undefined);
    });

    test('a DOMException stays one', () => {
        const arrived = errorRoundTrip(new DOMException('stopped', 'AbortError'));
        assert.ok(arrived instanceof DOMException);
        assert.equal(arrived.name, 'AbortError');
        assert.equal(arrived.code, 20);
        assert.equal(arrived.message, 'stopped');
    });

    test('an error of another realm, and an object that only inherits from Error, are errors', () => {
        const foreign = errorRoundTrip(
            vm.runInNewContext('Object.assign(new TypeError("foreign"), {code: 1})')
        );
        assert.ok(foreign instanceof TypeError);
        assert.equal(foreign.code, 1);
        const inherited = errorRoundTrip(
            Object.assign(Object.create(RangeError.prototype), {message: 'old style'})
        );
        assert.ok(inherited instanceof RangeError);
        assert.equal(inherited.message, 'old style');
    });

    test('only constructors of errors are called for what a worker sends', () => {
        for (const kind of ['Function', 'Proxy', 'nothing', '__proto__']) {
            const records = [{kind, name: 'Error', message: 'process.exit(1)', fields: []}];
            const error = deserializeError(serialize({type: 'error', records}));
            assert.equal(Object.getPrototypeOf(error), Error.prototype, kind);
            assert.equal(error.message, 'process.exit(1)');
        }
    });

    test('what is no error arrives as it is', () => {
        for (const value of ['text', 0, null, undefined, {a: [1]}, new Map([[1, 2]])]) {
            assert.deepEqual(errorRoundTrip(value), value);
        }
        assert.equal(String(errorRoundTrip(Symbol('s'))), 'Symbol(s)');
        assert.equal(
            errorRoundTrip(function named() {}),
            '[Function: named]'
        );
        assert.equal(errorRoundTrip({f() {}}), '{ f: [Function: f] }');
    });
});

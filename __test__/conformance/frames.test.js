'use strict';

const assert = require('node:assert/strict');
const {suite, test} = require('node:test');
const {FrameDecoder} = require('../../lib/wire/frame-decoder.js');
const {
    HEADER_BYTES,
    MAX_PAYLOAD_BYTES,
    ToHost,
    decodeHeader,
    encodeFrame,
    sealFrame
} = require('../../lib/wire/frames.js');

function decodeAll(chunks) {
    const decoder = new FrameDecoder();
    const frames = [];
    for (const chunk of chunks) {
        decoder.push(chunk);
        for (let frame = decoder.next(); frame; frame = decoder.next()) {
            frames.push([frame.kind, frame.payload.toString()]);
        }
    }
    return frames;
}

suite('frames', () => {
    const stream = Buffer.concat([
        encodeFrame(ToHost.READY, Buffer.from('ready')),
        encodeFrame(ToHost.ONLINE),
        encodeFrame(ToHost.MESSAGE, Buffer.alloc(300, 'm'))
    ]);
    const expected = [
        [ToHost.READY, 'ready'],
        [ToHost.ONLINE, ''],
        [ToHost.MESSAGE, 'm'.repeat(300)]
    ];

    test('are a length, a kind and a payload', () => {
        assert.deepEqual([...encodeFrame(2, Buffer.from([7, 8]))], [2, 0, 0, 0, 2, 7, 8]);
        assert.deepEqual([...encodeFrame(6)], [0, 0, 0, 0, 6]);
        assert.deepEqual([...sealFrame(Buffer.alloc(HEADER_BYTES + 1, 9), 3)], [1, 0, 0, 0, 3, 9]);
    });

    test('are found however the stream is cut', () => {
        for (let size = 1; size <= stream.length; size += 1) {
            const chunks = [];
            for (let offset = 0; offset < stream.length; offset += size) {
                chunks.push(stream.subarray(offset, offset + size));
            }
            assert.deepEqual(decodeAll(chunks), expected, `pieces of ${size} bytes`);
        }
    });

    test('are not there before their last byte', () => {
        assert.deepEqual(decodeAll([stream.subarray(0, stream.length - 1)]), expected.slice(0, 2));
        assert.deepEqual(decodeAll([]), []);
    });

    test('may be as large as the limit and no larger, which the header tells', () => {
        const header = Buffer.alloc(HEADER_BYTES);
        header.writeUInt32LE(MAX_PAYLOAD_BYTES);
        assert.deepEqual(decodeHeader(header), {length: MAX_PAYLOAD_BYTES, kind: 0});
        header.writeUInt32LE(MAX_PAYLOAD_BYTES + 1);
        assert.throws(() => decodeHeader(header), {
            name: 'ProtocolError',
            code: 'ERR_WORKER_PROTOCOL',
            message: 'frame of 268435457 bytes is larger than the limit of 268435456 bytes'
        });
        assert.throws(() => decodeAll([header]), {code: 'ERR_WORKER_PROTOCOL'});
    });
});

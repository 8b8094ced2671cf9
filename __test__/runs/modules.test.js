'use strict';

// The kinds of modules that handlers are.

const assert = require('node:assert/strict');
const {execFile} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {pathToFileURL} = require('node:url');
const {promisify} = require('node:util');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');
const {createManager} = require('../support/runs');
const {temporaryFolder} = require('../support/temporary-folder');
const {resultOf} = require('./support');

const MODULES = {
    'a function': ['.js', 'module.exports = (data) => data + 1;'],
    'what a compiler makes of a default export': [
        '.cjs',
        'Object.defineProperty(exports, "__esModule", {value: true}); exports.default = (data) => data + 1;'
    ],
    'a default export': ['.mjs', 'export default (data) => data + 1;'],
    'a default export after a wait': ['.mjs', 'await null; export default async (data) => data + 1;'],
    'a default export, in a file that only its syntax marks as an ES module': [
        '.js',
        'globalThis.loads = (globalThis.loads ?? 0) + 1; export default (data) => data + globalThis.loads;'
    ],
    'a class method that is bound': [
        '.js',
        'class Adder { add(data) { return data + 1; } } const adder = new Adder(); module.exports = adder.add.bind(adder);'
    ],
    'a generator, which is a value that cannot be cloned': [
        '.js',
        'module.exports = function* () {};',
        'DataCloneError'
    ]
};
for (const [what, [extension, text, failure]] of Object.entries(MODULES)) {
    test(`a module of ${what}`, async (t) => {
        const {manager} = createManager(t);
        const file = path.join(temporaryFolder(t), `handler${extension}`);
        fs.writeFileSync(file, text);
        await manager.defineJob({name: 'path', job: file});
        await manager.defineJob({name: 'url', job: pathToFileURL(file)});
        for (const name of ['path', 'url']) {
            const result = await resultOf(manager, name, {data: 1}).catch((error) => error.name);
            assert.equal(result, failure ?? 2);
        }
    });
}

test('HANDLER_MISSING says what there is instead', async (t) => {
    const {manager} = createManager(t);
    const folder = temporaryFolder(t);
    const cases = [
        ['nothing.js', '', /it exports nothing$/],
        ['text.js', 'module.exports = "text";', /a value of the type string$/],
        ['names.mjs', 'export const resize = () => {}; export default 5;', /it exports default, resize$/]
    ];
    for (const [name, text, message] of cases) {
        const file = path.join(folder, name);
        fs.writeFileSync(file, text);
        await manager.defineJob({name, job: file, attempts: 3, backoff: 0});
        await assert.rejects(resultOf(manager, name), (error) => {
            assert.equal(error.code, 'HANDLER_MISSING');
            assert.match(error.message, message);
            assert.ok(error.message.includes(file));
            return true;
        });
    }
});

for (const major of NODE_MAJORS.filter((found) => found >= 22)) {
    test(`handlers in TypeScript on Node.js ${major}`, async (t) => {
        const args = [path.join(__dirname, 'hosts/typescript.js'), temporaryFolder(t)];
        const {stdout} = await promisify(execFile)(nodeBinary(major), args);
        assert.deepEqual(JSON.parse(stdout), {
            'module.ts offloaded': 2,
            'module.ts inline': 2,
            'module.mts offloaded': 3,
            'module.mts inline': 3,
            'module.cts offloaded': 4,
            'module.cts inline': 4,
            'none.ts offloaded': 'HANDLER_MISSING',
            'none.ts inline': 'HANDLER_MISSING'
        });
    });
}

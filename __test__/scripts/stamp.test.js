'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {contentHash} = require('../../scripts/stamp');
const {ROOT} = require('../../scripts/commands');
const {temporaryFolder} = require('../support/temporary-folder');

function folderWith(t, files) {
    const folder = temporaryFolder(t);
    for (const [name, content] of Object.entries(files)) {
        fs.mkdirSync(path.dirname(path.join(folder, name)), {recursive: true});
        fs.writeFileSync(path.join(folder, name), content);
    }
    return {hash: (facts) => contentHash([path.relative(ROOT, folder)], facts), folder};
}

test('a hash stays the same when files are only touched', (t) => {
    const {hash, folder} = folderWith(t, {'a.rs': 'fn a() {}'});
    const before = hash();
    fs.utimesSync(path.join(folder, 'a.rs'), 0, 0);
    assert.equal(hash(), before);
});

test('a hash follows content, names, nested files and facts', (t) => {
    const {hash, folder} = folderWith(t, {'a.rs': 'a', 'b/c.rs': 'c'});
    const hashes = [hash(), hash(['rustc 1.88'])];
    fs.writeFileSync(path.join(folder, 'b/c.rs'), 'd');
    hashes.push(hash());
    fs.renameSync(path.join(folder, 'a.rs'), path.join(folder, 'e.rs'));
    hashes.push(hash());
    fs.rmSync(path.join(folder, 'e.rs'));
    hashes.push(hash());
    assert.equal(new Set(hashes).size, hashes.length);
});

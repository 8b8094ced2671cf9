'use strict';

// Stores that cannot be opened, or cannot keep anything for a while.

const assert = require('node:assert/strict');
const {spawn, spawnSync} = require('node:child_process');
const {once} = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const JobManager = require('../..');
const {sql, storeOf, until} = require('./support');
const {startHost} = require('../support/hosts');
const {createManager, silentLogger} = require('../support/runs');
const {temporaryFolder} = require('../support/temporary-folder');

const open = (store) => new JobManager({store, logger: silentLogger()});

function refused(store, code, words = []) {
    assert.throws(
        () => open(store),
        (error) => {
            assert.equal(error.code, code, error.message);
            assert.equal(error.name, 'StoreError');
            for (const word of [typeof store === 'string' ? store : store.path, ...words]) {
                assert.ok(error.message.includes(word), `"${error.message}" names ${word}`);
            }
            return true;
        }
    );
}

/** A store that was used and is closed. */
async function usedStore(t) {
    const hosts = storeOf(t);
    const {manager} = await hosts.next();
    await manager.defineJob({name: 'job', job: () => {}});
    for (let index = 0; index < 50; index++) {
        await manager.runJob('job', {data: 'x'.repeat(1_000), delay: 60_000});
    }
    await manager.shutdown();
    return hosts.store;
}

test('a store that another host uses is refused, with that host named, and free when that is dead', async (t) => {
    const hosts = storeOf(t);
    const notes = path.join(temporaryFolder(t), 'notes');
    const host = startHost(t, path.join(__dirname, 'hosts', 'leaves.js'), {
        args: [hosts.store, notes, 'nothing']
    });
    await host.told('left');
    refused(hosts.store, 'STORE_IN_USE', [`process ${host.child.pid}`]);
    host.child.kill('SIGKILL');
    await host.ended;
    const {manager} = await hosts.next();
    refused(hosts.store, 'STORE_IN_USE', [`process ${process.pid}`]);
    await manager.shutdown();
    await open(hosts.store).shutdown();
});

test('a folder that is missing, a folder for a file, and a file of another kind are refused and not changed', (t) => {
    const folder = fs.realpathSync(temporaryFolder(t));
    const file = path.join(folder, 'notes.txt');
    fs.writeFileSync(file, 'these are my notes, and no database\n'.repeat(100));
    refused(path.join(folder, 'missing', 'jobs.db'), 'STORE_FOLDER_MISSING', ['create']);
    refused(folder, 'STORE_NOT_A_FILE');
    refused(file, 'STORE_NOT_A_STORE');
    assert.ok(fs.readFileSync(file, 'utf8').startsWith('these are my notes'));
    const other = path.join(folder, 'other.db');
    sql(other, 'CREATE TABLE users (name TEXT)');
    refused({path: other}, 'STORE_NOT_A_STORE');
});

test('a store of a newer version is refused', async (t) => {
    const store = await usedStore(t);
    sql(store, 'PRAGMA user_version = 9');
    refused(store, 'STORE_NEWER', ['9']);
});

test('a store that was cut is refused as damaged', async (t) => {
    const store = await usedStore(t);
    fs.truncateSync(store, 12_000);
    refused(store, 'STORE_CORRUPT', ['move it away']);
});

test('a store that may not be written is refused', async (t) => {
    const store = await usedStore(t);
    // Root may write what no other user may, so a user of its own opens it.
    fs.chmodSync(store, 0o444);
    fs.chmodSync(path.dirname(store), 0o555);
    const program = `
        if (process.getuid() === 0) { process.setgroups([65534]); process.setgid(65534); process.setuid(65534); }
        try { new (require(${JSON.stringify(path.join(__dirname, '..', '..'))}))({store: process.argv[1]}); }
        catch (error) { console.log(error.code); process.exit(); }`;
    const preload = `require(${JSON.stringify(path.join(__dirname, '..', '..'))});`;
    const {stdout, stderr} = spawnSync(process.execPath, ['-e', preload + program, store], {
        encoding: 'utf8'
    });
    fs.chmodSync(path.dirname(store), 0o755);
    assert.match(stdout, /^STORE_(READ_ONLY|FAILED)\n$/, stderr);
});

test('a manager goes on in memory where the host says so, with one warning', async (t) => {
    const missing = path.join(temporaryFolder(t), 'missing', 'jobs.db');
    const {manager, logs} = createManager(t, {store: {path: missing, onError: 'memory'}});
    await manager.defineJob({name: 'job', job: (data) => data});
    assert.equal(await (await manager.runJob('job', {data: 5})).result, 5);
    const warnings = logs.filter(({level}) => level === 'warn');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0].text, /STORE_FOLDER_MISSING.*in memory/);
});

test('a store that is removed while it is used refuses runs, and schedules go on', async (t) => {
    const hosts = storeOf(t);
    const {manager, logs} = await hosts.next();
    let due = 0;
    await manager.defineJob({name: 'job', job: () => 1});
    await manager.defineJob({name: 'often', at: 'every 1 second', job: () => (due += 1)});
    await (
        await manager.runJob('job')
    ).result;
    for (const suffix of ['', '-wal', '-shm']) {
        fs.rmSync(hosts.store + suffix, {force: true});
    }
    await assert.rejects(manager.runJob('job'), {code: 'STORE_GONE', name: 'StoreError'});
    const before = due;
    await until(() => due > before);
    assert.ok(logs.some(({level, text}) => level === 'error' && text.includes('STORE_GONE')));
});

test('a locked store refuses runs until it is free again', async (t) => {
    const hosts = storeOf(t);
    const {manager, logs} = await hosts.next();
    await manager.defineJob({name: 'job', job: () => 1});
    const program =
        "const Database = require('libsql'); const db = new Database(process.argv[1]); db.exec('BEGIN IMMEDIATE');" +
        "console.log('locked'); process.stdin.on('data', () => { db.exec('ROLLBACK'); db.close(); process.exit(); });";
    const other = spawn(process.execPath, ['-e', program, hosts.store], {
        cwd: path.join(__dirname, '..', '..'),
        stdio: ['pipe', 'pipe', 'inherit']
    });
    await once(other.stdout, 'data');
    await assert.rejects(manager.runJob('job'), {code: 'STORE_LOCKED'});
    other.stdin.write('go on\n');
    await once(other, 'exit');
    assert.equal(await (await manager.runJob('job')).result, 1);
    await until(() => logs.some(({text}) => text.includes('keeps again')));
});

test('a full disk refuses runs until there is space', {skip: process.platform !== 'linux'}, async (t) => {
    const folder = temporaryFolder(t);
    const host = path.join(__dirname, 'hosts', 'fills-disk.js');
    const script = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$1" "$2" "$0/jobs.db"';
    const unshare = ['--mount', '--map-root-user', 'sh', '-c', script, folder, process.execPath, host];
    const canMount = spawnSync('unshare', ['--mount', '--map-root-user', 'true']).status === 0;
    // Where no file system may be mounted, a limit on the size of files stands in for it.
    const {stdout, stderr} = canMount
        ? spawnSync('unshare', unshare, {encoding: 'utf8'})
        : spawnSync(
              'sh',
              [
                  '-c',
                  'ulimit -f 1500 && exec "$0" "$1" "$2" limited',
                  process.execPath,
                  host,
                  path.join(folder, 'jobs.db')
              ],
              {encoding: 'utf8'}
          );
    assert.equal(stdout, canMount ? 'refused STORE_FULL\naccepted\n' : 'refused STORE\n', stderr);
});

test('what is no store is refused in words', () => {
    for (const store of [5, {}, {path: ''}, {path: 'a', durability: 'much'}, {path: 'a', onError: 'cry'}]) {
        assert.throws(() => open(store), {code: 'INVALID_OPTION'}, JSON.stringify(store));
    }
});

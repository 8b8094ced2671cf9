'use strict';

// An addon that cannot be loaded: the message begins with the true cause.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {suite, test} = require('node:test');
const {loadFailure} = require('../../lib/native/load-failure');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');
const {ROOT, runScript} = require('../support/scripts');
const {temporaryFolder} = require('../support/temporary-folder');

/** What a program prints that only loads the package. */
const load = async (options) => (await runScript('report("loaded");', options)).stderr;

/** The package elsewhere, with what `change` makes of its addon. */
function copyOfPackage(t, change) {
    const root = path.join(temporaryFolder(t), 'copy');
    fs.mkdirSync(root);
    for (const part of ['index.js', 'package.json', 'lib']) {
        fs.cpSync(path.join(ROOT, part), path.join(root, part), {recursive: true});
    }
    const folder = path.join(root, 'lib', 'native');
    const addon = fs.readdirSync(folder).find((file) => file.endsWith('.node'));
    change(path.join(folder, addon));
    return root;
}

const unloadable = (cause) =>
    new RegExp(`Error: @tryghost/job-manager cannot load its native addon: ${cause}`);

for (const major of NODE_MAJORS) {
    suite(`Node.js ${major}`, () => {
        const node = nodeBinary(major);

        test('--no-addons', async () => {
            const stderr = await load({node, flags: ['--no-addons']});
            assert.match(stderr, unloadable('node was started with --no-addons'));
            assert.match(stderr, /code: 'NATIVE_ADDON_UNLOADABLE'/);
        });

        test('a file that was cut short', async (t) => {
            const root = copyOfPackage(t, (addon) => fs.truncateSync(addon, 40));
            assert.match(await load({node, root}), unloadable('its file is damaged or was cut short'));
        });

        test('no addon for this machine', async (t) => {
            const root = copyOfPackage(t, (addon) => fs.rmSync(addon));
            const stderr = await load({node, root});
            assert.match(
                stderr,
                /Error: @tryghost\/job-manager has no native addon for .*Reinstall without --omit=optional/
            );
            assert.match(stderr, /code: 'NATIVE_ADDON_MISSING'/);
        });

        test('--jitless loads, and runs a job', async () => {
            const {code, reports, stderr} = await runScript(
                `
                const manager = new JobManager({logger: {}, workerMessageHandler: ({message}) => report(message)});
                manager.addJob({name: 'job', job: (data) => require('worker_threads').parentPort.postMessage(data), data: {a: [1]}});
                `,
                {node, flags: ['--jitless']}
            );
            assert.deepEqual([code, reports], [0, [{a: [1]}]], stderr);
        });
    });
}

suite('what the system says of a file that it does not load', () => {
    const says = {
        'a folder that nothing may be run from': [
            '/mnt/x.node: failed to map segment from shared object',
            'the system does not let code be loaded from that folder, which is probably mounted "noexec"'
        ],
        'an older C library': [
            "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.99' not found (required by /x.node)",
            'it needs GLIBC_2.99 or later, and this system has glibc'
        ],
        'another C library': [
            'Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /x.node)',
            'it was made for another C library than that of this system'
        ],
        'another processor': [
            '/x.node: wrong ELF class: ELFCLASS32',
            'it was made for another processor than'
        ],
        'a file of somebody else': [
            '/x.node: cannot open shared object file: Permission denied',
            'its file may not be read'
        ],
        'anything else': ['/x.node: undefined symbol: napi_new', '/x.node: undefined symbol: napi_new']
    };
    for (const [what, [message, expected]] of Object.entries(says)) {
        test(what, () => {
            // As the generated loader ties them.
            const first = new Error(message);
            const cause = new Error('Cannot find native binding.', {
                cause: new Error("Cannot find module '@tryghost/job-manager-linux-x64-gnu'", {cause: first})
            });
            const error = loadFailure(cause, 'package');
            assert.equal(error.code, 'NATIVE_ADDON_UNLOADABLE');
            const start = `@tryghost/job-manager cannot load its native addon: ${expected}`;
            assert.ok(error.message.startsWith(start), error.message);
            assert.ok(error.message.includes(message), error.message);
            assert.equal(error.cause, cause);
        });
    }
});

test('where the host is not run by Node.js, inline jobs work and offloaded ones are refused in words', async () => {
    const {code, reports, stderr} = await runScript(`
        globalThis.Deno = {};
        const manager = new JobManager({logger: {}});
        (async () => {
            await manager.addJob({offloaded: false, job: () => report('inline')});
            await manager.allSettled();
            await manager.addJob({name: 'job', job: () => {}}).catch(({code, message}) => report([code, message]));
            await manager.shutdown();
        })();`);
    assert.equal(code, 0, stderr);
    assert.equal(reports[0], 'inline');
    assert.equal(reports[1][0], 'RUNTIME_UNSUPPORTED');
    assert.match(
        reports[1][1],
        /^Job "job" cannot be offloaded: this is Deno, and worker processes need Node\.js\. Inline/
    );
});

'use strict';

// Which flags and options of the host a worker process is started with.

const assert = require('node:assert/strict');
const {execFileSync} = require('node:child_process');
const {test} = require('node:test');
const {
    bootFlags,
    bootOverlay,
    bootVariables,
    inheritedFlags,
    optionWords
} = require('../../lib/jobs/node-flags');
const {WORKER_SCRIPT} = require('../../lib/native/worker-script');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');

const OWN = ['--require', WORKER_SCRIPT];

test('flags of the host alone are left out, each with its value', () => {
    const cases = [
        ['--inspect-brk=0', '--inspect_port', '9229', '--inspect-wait', '--debug-port=1'],
        ['-e', '-1', '--eval', 'code', '-p', 'code', '--input-type=module', '--entry-url'],
        ['--snapshot-blob', 'file', '--build-snapshot', '--build-snapshot-config', 'file'],
        ['--env-file', 'file', '--env-file-if-exists=file', '--experimental-sea-config', 'file'],
        ['--test', '--test-reporter', 'spec', '--test-timeout', '1', '--watch-path', './src', '--watch'],
        ['--cpu-prof', '--cpu-prof-dir', 'folder', '--heap-prof-name', 'file', '--prof']
    ];
    for (const flags of cases) {
        assert.deepEqual(inheritedFlags([...flags, '--no-warnings']), ['--no-warnings'], flags.join(' '));
        assert.deepEqual(inheritedFlags(['-r', './a.js', ...flags]), ['-r', './a.js'], flags.join(' '));
    }
});

test('flags that say how modules run are shared', () => {
    const flags = [
        '--require',
        './a.js',
        '--import=tsx',
        '--conditions',
        'development',
        '--enable-source-maps'
    ];
    assert.deepEqual(inheritedFlags(flags), flags);
});

test('the worker script comes before preloads, and only then', () => {
    for (const flag of ['-r', '--require', '--import', '--experimental-config-file']) {
        assert.deepEqual(bootFlags([flag, 'x']), [...OWN, flag, 'x']);
        assert.deepEqual(bootFlags([`${flag}=x`]), [...OWN, `${flag}=x`]);
    }
    assert.deepEqual(bootFlags(['--no-warnings']), ['--no-warnings']);
});

test('NODE_OPTIONS are taken apart as node does it', () => {
    // What node shows of its options: the title is one of them.
    const texts = [
        '--title=a',
        '--title=a\\b  --no-warnings',
        '"--title=a b"',
        '--title="a b"c',
        '--title="a\\"b\\\\c"',
        ' --title "a b" '
    ];
    for (const major of NODE_MAJORS) {
        for (const text of texts) {
            const title = execFileSync(nodeBinary(major), ['-p', 'process.title'], {
                env: {...process.env, NODE_OPTIONS: text},
                encoding: 'utf8'
            });
            const words = optionWords(text);
            const at = words.findIndex((word) => word.startsWith('--title'));
            const found = words[at].includes('=') ? words[at].slice('--title='.length) : words[at + 1];
            assert.equal(found, title.trim(), `${text} on Node.js ${major}`);
        }
    }
    assert.equal(optionWords('--title="a'), undefined);
});

test('NODE_OPTIONS of the host lose what is its own, and are put back by the script', () => {
    const text = '--require "./a b.js" --inspect-brk=0 --env_file x';
    assert.deepEqual(bootVariables(['A=1', `NODE_OPTIONS=${text}`, 'B=2']), [
        'A=1',
        `NODE_OPTIONS=--require ${WORKER_SCRIPT} --require "./a b.js"`,
        `NODE_OPTIONS_OF_JOB=${text}`,
        'B=2'
    ]);
});

test('variables without anything to change are handed over as they are', () => {
    for (const variables of [
        ['A=1'],
        ['NODE_OPTIONS='],
        ['NODE_OPTIONS=--no-warnings'],
        ['NODE_OPTIONS="']
    ]) {
        assert.equal(bootVariables(variables), variables);
    }
});

test('NODE_OPTIONS of a job are its own: only preloads matter', () => {
    assert.deepEqual(bootOverlay({A: '1'}), ['A=1']);
    assert.deepEqual(bootOverlay({NODE_OPTIONS: '--inspect -r ./a.js'}), [
        `NODE_OPTIONS=--require ${WORKER_SCRIPT} --inspect -r ./a.js`,
        'NODE_OPTIONS_OF_JOB=--inspect -r ./a.js'
    ]);
});

'use strict';

// What a newcomer may type: help, versions, and mistakes.

const assert = require('node:assert/strict');
const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const {version, bin} = require('../../package.json');
const {workplace} = require('../support/cli');
const {ROOT} = require('../support/scripts');

const COMMANDS =
    'run next check daemon list show runs logs metrics dashboard trigger pause resume cancel retry'.split(
        ' '
    );

test('the package has the program job-manager, which can be executed', () => {
    const file = path.join(ROOT, bin['job-manager']);
    assert.match(fs.readFileSync(file, 'utf8'), /^#!\/usr\/bin\/env node\n/);
    if (process.platform !== 'win32') {
        assert.equal(execFileSync(file, ['--version'], {encoding: 'utf8'}), `${version}\n`);
    }
});

test('help lists every command; without a command it is printed as the answer to a mistake', async (t) => {
    const {cli} = workplace(t);
    const asked = await cli('help');
    assert.equal(asked.exitCode, 0);
    for (const name of COMMANDS) {
        assert.match(asked.stdout, new RegExp(`^ {2}${name} +[A-Z].*\\.$`, 'm'));
    }
    assert.match(asked.stdout, /^Exit codes:$/m);
    assert.deepEqual(await cli('--help').then(({stdout}) => stdout), asked.stdout);
    const none = await cli();
    assert.deepEqual([none.exitCode, none.stdout, none.stderr], [2, '', asked.stdout]);
});

test('every command has a help of its own, by --help and by help NAME, that describes all its options', async (t) => {
    const {cli} = workplace(t);
    for (const name of COMMANDS) {
        const {stdout, exitCode} = await cli(name, '--help');
        assert.equal(exitCode, 0);
        assert.match(stdout, new RegExp(`^Usage: job-manager ${name}\\b.*\\[OPTIONS\\]\\n`));
        const options = stdout.split('\n').filter((line) => /^ {2}(?:-\w, |    )--/.test(line));
        assert.ok(options.length >= 4, stdout);
        options.forEach((line) =>
            assert.match(line, /^ {2}(?:-\w, |    )--[\w-]+(?: [A-Z]+)? {2,}\S.*[.)]$/)
        );
        // Fits a terminal of usual width, but for the lines of options.
        assert.ok(
            stdout.split('\n').every((line) => line.length <= 160),
            stdout
        );
        assert.equal((await cli('help', name)).stdout, stdout);
    }
});

test('--version prints the version', async (t) => {
    const {cli} = workplace(t);
    assert.deepEqual((await cli('--version')).stdout, `${version}\n`);
    assert.deepEqual((await cli('--version', '--json')).json(), {version});
});

const MISTAKES = [
    [['lst'], /there is no command "lst"\n +Did you mean "list"\?/],
    [['ls'], /Did you mean "list"\?/],
    [['stop', 'backup'], /Did you mean "cancel"\?/],
    [
        ['./jobs/backup.js'],
        /there is no command "\.\/jobs\/backup\.js"\n +To run a file: job-manager run \.\/jobs\/backup\.js/
    ],
    [['help', 'lst'], /Did you mean "list"\?/],
    [['next'], /'AT' is missing: job-manager next 'AT'\.\.\./],
    [['next', 'every day', '--cuont', '2'], /there is no option --cuont\n +Did you mean --count\?/],
    [['next', 'every day', '--count'], /--count needs a value: --count N/],
    [['next', 'every day', '--count', '-2'], /For a value that begins with "-": --count=-2/],
    [['next', 'every day', '--count', 'two'], /--count must be a whole number from 1 to 10000, got "two"/],
    [['next', 'every day', '--json=yes'], /--json takes no value/],
    [['next', 'every day', '--from', 'yesterday'], /--from must be a time such as/],
    [['--verbose'], /there is no option --verbose/],
    [['run'], /FILE is missing: job-manager run FILE/],
    [['run', 'missing.js'], /there is nothing to run: .*missing\.js\. There is no such file/],
    [['run', 'a'], /There is "a\.js"\n +To run a job of a host: job-manager trigger a/],
    [['run', 'run'], /run\. That is a folder/],
    [['run', 'a.js', 'b.js'], /"b\.js" is one argument too many: job-manager run takes FILE/],
    [['run', 'a.js', '--timeout', '10'], /--timeout needs a unit: 10ms, 10s, 10m or 10h/],
    [['run', 'a.js', '--timeout', 'soon'], /--timeout must be a time such as/],
    [['run', 'a.js', '--backoff', '1s,x'], /--backoff must be a time such as/],
    [['run', 'a.js', '--attempts', '0'], /--attempts must be a whole number from 1 to 1000/],
    [['run', 'a.js', '--data', '{full: true}'], /--data must be JSON[^]*Quote it for the shell/],
    [['run', 'a.js', '--data', '@none.json'], /--data: none\.json cannot be read/],
    [['list', '--state', 'broken'], /--state must be one of armed, running, /],
    [['list', '--url', 'localhost:3000'], /--url must be an address such as/],
    [['list', '--url', 'http://localhost:1/', '--socket', 'x'], /--socket and --url name two hosts/],
    [['list', '--token-file', 'x'], /--token-file is for --url/],
    [['pause'], /name a job, or give --all/],
    [['pause', 'x', '--all'], /--all is for all jobs/],
    [['check', 'missing.json'], /missing\.json: there is no such file/],
    [['daemon', 'missing.json'], /missing\.json: there is no such file/]
];

test('mistakes end with 2, and say what is wrong and what to do', async (t) => {
    const {cli, write} = workplace(t);
    write('a.js', '');
    for (const [args, expected] of MISTAKES) {
        await t.test(args.join(' '), async () => {
            const {exitCode, stdout, stderr} = await cli(...args);
            assert.match(stderr, expected);
            assert.match(stderr, /^job-manager: /);
            assert.doesNotMatch(stderr, /^ +at /m);
            assert.deepEqual([exitCode, stdout], [2, '']);
        });
    }
});

test('common options may come ahead of the command', async (t) => {
    const {cli} = workplace(t);
    const {json} = await cli('--json', 'next', 'every day', '-n', '1');
    assert.equal(json().next.length, 1);
});

test('a command that finds no host ends with 4, and says how one comes to be', async (t) => {
    const {cli, sockets, runtime} = workplace(t);
    const nothing = await cli('list');
    assert.equal(nothing.exitCode, 4);
    assert.ok(nothing.stderr.startsWith(`job-manager: no host listens in ${sockets}\n`), nothing.stderr);
    assert.match(nothing.stderr, /job-manager\/control'\)\.listen\(jobManager\)/);
    const wrong = await cli('list', '--socket', path.join(runtime, 'none.sock'));
    assert.equal(wrong.exitCode, 4);
    assert.match(wrong.stderr, /no answer from .*none\.sock: there is no such socket/);
    const json = await cli('list', '--json', '--url', 'http://127.0.0.1:1/');
    assert.equal(json.exitCode, 4);
    assert.equal(json.json().error.code, 'NO_HOST');
});

test('a reader that has read enough is no failure', async (t) => {
    const {startProgram} = workplace(t);
    const command = `"${process.execPath}" "${path.join(ROOT, bin['job-manager'])}" next 'every second' -n 10000 | head -n 1`;
    const {stdout, stderr} = await startProgram('bash', ['-c', `set -o pipefail; ${command}`]).ended;
    assert.match(stdout, /^every second /);
    assert.equal(stderr, '');
});

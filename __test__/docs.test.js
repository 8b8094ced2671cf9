'use strict';

// Every block of code in README.md and docs/ is run, or compared with the file that it is taken from. An HTML comment
// ahead of a block says what it is:
//
//     <!-- file: jobs/a.js -->                     a file for the programs of its page
//     <!-- program: app.mjs, prints: text -->      run with node until it has printed the text; SIGTERM then ends it with 0
//     <!-- program: app.mjs, ends after: text -->  run with node until it ends by itself, with 0 and this text among its output
//     <!-- with: jobManager -->                    the body of an async function that has `jobManager`, `path`, …
//     <!-- with: documented -->                    the same, in the folder and with the services that the examples assume
//     <!-- from: examples/a.mjs -->                stands in that file, word for word
//     <!-- text: reason -->                        not run, for this reason

const assert = require('node:assert/strict');
const {spawn} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const {temporaryFolder} = require('./support/temporary-folder');

const ROOT = path.join(__dirname, '..');
const LANGUAGES = new Set(['js', 'mjs', 'cjs', 'ts']);
const LIMIT_MS = 60_000;

const pages = ['README.md', ...fs.readdirSync(path.join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter(
    (name) => name.endsWith('.md')
);

/** @returns {Array<{line: number, language: string, code: string, kind?: string, value?: string}>} */
function blocksOf(page) {
    const lines = fs.readFileSync(path.join(ROOT, page), 'utf8').split('\n');
    const blocks = [];
    let open;
    for (const [index, line] of lines.entries()) {
        const fence = /^```(\w*)/.exec(line);
        if (!fence) {
            open?.code.push(line);
        } else if (open) {
            blocks.push({...open, code: open.code.join('\n')});
            open = undefined;
        } else {
            const [, kind, value] = /^<!-- (\w+): (.*) -->$/.exec(lines[index - 1] ?? '') ?? [];
            open = {line: index + 1, language: fence[1], code: [], kind, value};
        }
    }
    return blocks.filter(({language}) => LANGUAGES.has(language));
}

/** A folder in which the package is installed. */
function projectFolder(t) {
    const folder = temporaryFolder(t);
    fs.mkdirSync(path.join(folder, 'node_modules/@tryghost'), {recursive: true});
    fs.symlinkSync(ROOT, path.join(folder, 'node_modules/@tryghost/job-manager'), 'dir');
    return folder;
}

function write(folder, file, text) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), {recursive: true});
    fs.writeFileSync(path.join(folder, file), text);
}

/** Runs a program to its end; once it has printed `prints`, SIGTERM asks it to end. */
function run(folder, file, prints) {
    return new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [file], {
            cwd: folder,
            timeout: LIMIT_MS,
            killSignal: 'SIGKILL',
            stdio: ['ignore', 'pipe', 'pipe']
        });
        let output = '';
        let isAsked = false;
        for (const stream of [child.stdout, child.stderr]) {
            stream.setEncoding('utf8').on('data', (text) => {
                output += text;
                if (prints && !isAsked && output.includes(prints)) {
                    // Once: a program that shuts down on the first SIGTERM is ended by the second.
                    isAsked = true;
                    child.kill('SIGTERM');
                }
            });
        }
        child.once('error', reject);
        child.once('close', (exitCode, signal) => resolve({exitCode, signal, output}));
    });
}

const done = `require('node:worker_threads').parentPort.postMessage('done');\n`;

/** What a page's fragments assume to be there. */
function writeSurroundings(folder) {
    write(folder, 'jobs/report.js', done);
    write(folder, 'path/to/jobs/check-emails.js', done);
    write(folder, 'path/to/jobs/backup.js', done);
    write(folder, 'path/to/email-module.js', 'module.exports = async () => {};\n');
}

/** A fragment as a program that fails when the fragment throws or a job of it does. */
const asProgram = (code, {hasModel}) => `
const path = require('node:path');
const JobManager = require('@tryghost/job-manager');

const rows = new Map();
const JobModel = {
    add: async (data) => void rows.set(data.name, {id: data.name, ...data}),
    findOne: async ({name}) => rows.has(name) ? {id: name, get: (column) => rows.get(name)[column]} : null,
    edit: async (data, {id}) => void Object.assign(rows.get(id), data)
};
const stripeService = {migrations: {execute: async () => {}}};
const job = path.join(__dirname, 'jobs', 'report.js');
const failures = [];
const jobManager = new JobManager({
    ${hasModel ? 'JobModel,' : ''}
    errorHandler: (error) => failures.push(error)
});

async function fragment() {
${code}
}

fragment().then(async () => {
    await jobManager.allSettled();
    await jobManager.shutdown();
    if (failures.length > 0) {
        throw failures[0];
    }
    console.log('fragment ended');
});
`;

async function runFragment(folder, block) {
    writeSurroundings(folder);
    const file = `fragment-${block.line}.cjs`;
    write(folder, file, asProgram(block.code, {hasModel: block.value === 'documented'}));
    const {exitCode, output} = await run(folder, file);
    assert.equal(exitCode, 0, output);
    assert.ok(output.includes('fragment ended'), output);
}

async function runProgram(folder, block) {
    const [file, prints] = block.value.split(', prints: ');
    const [ownFile, last] = file.split(', ends after: ');
    write(folder, ownFile, block.code);
    const {exitCode, signal, output} = await run(folder, ownFile, prints);
    assert.deepEqual({exitCode, signal}, {exitCode: 0, signal: null}, output);
    assert.ok(output.includes(prints ?? last ?? ''), output);
}

const CHECKS = {
    file: (folder, {value, code}) => write(folder, value, code),
    program: runProgram,
    with: runFragment,
    from: (_folder, {value, code}) => {
        assert.ok(
            fs.readFileSync(path.join(ROOT, value), 'utf8').includes(code),
            `not in ${value}:\n${code}`
        );
    },
    text: (_folder, {value}) => assert.ok(value.length > 10)
};

for (const page of pages) {
    const blocks = blocksOf(page);
    if (blocks.length > 0) {
        test(`the code in ${page} works as it stands`, async (t) => {
            const folder = projectFolder(t);
            // Files first: a program may name one that the page shows after it.
            const ordered = blocks.toSorted((a, b) => (b.kind === 'file') - (a.kind === 'file'));
            for (const block of ordered) {
                await t.test(`line ${block.line}`, async () => {
                    const check = CHECKS[block.kind];
                    assert.ok(
                        check,
                        `${page}:${block.line}: a comment ahead of the block must say what it is`
                    );
                    await check(folder, block);
                });
            }
        });
    }
}

'use strict';

// What is in the main package: the pages and examples that it points to, and nothing by accident.

const assert = require('node:assert/strict');
const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {ROOT} = require('../scripts/commands');
const {mainFiles} = require('../scripts/pack');
const {listFiles} = require('../scripts/stamp');

/** Made by the build. */
const GENERATED = [
    'lib/dashboard/dashboard.bundle.cjs',
    'lib/host/package.bundle.cjs',
    'lib/native/binding.js',
    'lib/worker/bootstrap.bundle.cjs'
];

const packed = new Set(mainFiles());
const pages = [...packed].filter((file) => file.endsWith('.md'));

const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');
const withoutCode = (markdown) => markdown.replaceAll(/^(`{3,}).*?^\1/gms, '').replaceAll(/`[^`\n]*`/g, '`');

/** The anchors that GitHub and npm give to the headings of a page. */
function anchorsOf(page) {
    const headings = read(page)
        .replaceAll(/^(`{3,}).*?^\1/gms, '')
        .matchAll(/^#+ (?<text>.+)$/gm);
    return new Set(
        Array.from(headings, ({groups}) =>
            groups.text
                .toLowerCase()
                .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
                .replaceAll(' ', '-')
        )
    );
}

/** Relative links of a page, as the paths of their files in the repository. */
function linksOf(page) {
    const targets = Array.from(
        withoutCode(read(page)).matchAll(/\]\((?<target>[^)\s]+)\)/g),
        ({groups}) => groups.target
    );
    return targets
        .filter((target) => !/^[a-z]+:/.test(target))
        .map((target) => {
            const [file, anchor] = target.split('#');
            const resolved = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
            return {page, target, file: resolved.replace(/\/$/, ''), anchor};
        });
}

const isPacked = (file) => packed.has(file) || [...packed].some((other) => other.startsWith(`${file}/`));

test('README, documents, examples, licences and the security policy are in the package', () => {
    const expected = ['README.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE', 'THIRD-PARTY-LICENSES'];
    const folders = listFiles(['docs', 'examples']).filter((file) => !file.includes('node_modules'));
    assert.deepEqual(
        [...expected, ...folders].filter((file) => !packed.has(file)),
        []
    );
});

test('every relative link of a page leads to a file, and a heading, that is in the package', () => {
    const links = pages.flatMap(linksOf);
    assert.ok(links.length > 20, `only ${links.length} links were found`);
    const broken = links.filter(
        ({file, anchor}) =>
            !isPacked(file) || (anchor && file.endsWith('.md') && !anchorsOf(file).has(anchor))
    );
    assert.deepEqual(
        broken.map(({page, target}) => `${page}: ${target}`),
        []
    );
});

test('every page that the code names is in the package', () => {
    const sources = listFiles(['lib', 'src', 'index.js', 'index.d.ts']).filter((file) =>
        /\.(?:m?js|ts|rs)$/.test(file)
    );
    const named = sources.flatMap((file) =>
        Array.from(read(file).matchAll(/\bdocs\/[\w/-]+\.md\b/g), ([page]) => ({file, page}))
    );
    assert.deepEqual(
        named.filter(({page}) => !packed.has(page)),
        []
    );
});

test('nothing is in the package but what is in the repository and what the build makes', () => {
    const tracked = new Set(
        execFileSync('git', ['ls-files', '-z'], {cwd: ROOT, encoding: 'utf8'}).split('\0')
    );
    assert.deepEqual(
        [...packed].filter((file) => !tracked.has(file) && !GENERATED.includes(file)),
        []
    );
    assert.deepEqual(
        GENERATED.filter((file) => !packed.has(file)),
        []
    );
});

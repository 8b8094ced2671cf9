'use strict';

// Installs what would be published into empty projects, as users do, and runs the documented examples there.

const assert = require('node:assert/strict');
const {execFile} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {before, describe, test} = require('node:test');
const {promisify} = require('node:util');
const {ROOT, npm, tool} = require('../scripts/commands');
const {pack, platformManifests, publishedManifest, readManifest} = require('../scripts/pack');
const {listFiles} = require('../scripts/stamp');
const {NODE_MAJORS, nodeBinary} = require('./support/nodes');
const {startRegistry} = require('./support/registry');
const {temporaryFolder} = require('./support/temporary-folder');

const NAME = '@tryghost/job-manager';
/** What the examples need beside our package. */
const DATABASE_PACKAGES = ['bookshelf', 'knex', 'libsql'];

/** Each loads the class, and runs a job with it. */
const USES = {
    'main.mjs': `
        import JobManager, * as namespace from '${NAME}';
        import {createRequire} from 'node:module';
        const required = createRequire(import.meta.url)('${NAME}');
        const jobManager = new JobManager();
        const ran = jobManager.awaitCompletion('job').then(() => 'ran');
        await jobManager.addJob({name: 'job', job: new URL('./job.mjs', import.meta.url)});
        console.log(JobManager.name, required === namespace.default, await ran);
        await jobManager.shutdown();`,
    'main.cjs': `
        const JobManager = require('${NAME}');
        const jobManager = new JobManager();
        (async () => {
            const ran = jobManager.awaitCompletion('job').then(() => 'ran');
            await jobManager.addJob({name: 'job', job: require.resolve('./job.mjs')});
            console.log(JobManager.name, (await import('${NAME}')).default === JobManager, await ran);
            await jobManager.shutdown();
        })();`
};

const execute = promisify(execFile);
const manifest = readManifest(ROOT);
const platforms = platformManifests();

let packed;
before(() => {
    packed = pack(path.join(ROOT, 'target', 'packages-for-tests'));
});

/** Everything that would be on the registry, and an old version that must never be loaded. */
function publishedPackages() {
    const built = new Map(packed.platforms.map((platform) => [platform.manifest.name, platform.tarball]));
    return [
        {manifest: {name: NAME, version: '1.0.9'}},
        {manifest: publishedManifest(manifest, platforms.values()), tarball: packed.main},
        ...Array.from(platforms.values(), (platform) => ({
            manifest: platform,
            tarball: built.get(platform.name)
        }))
    ];
}

/**
 * A project in an empty folder, with an environment that has a home of its own and, on its path, no compiler
 * and nothing else.
 */
async function createProject(t, files) {
    const folder = temporaryFolder(t);
    for (const [file, content] of Object.entries(files)) {
        fs.mkdirSync(path.dirname(path.join(folder, file)), {recursive: true});
        fs.writeFileSync(path.join(folder, file), content);
    }
    const {url} = await startRegistry(t, publishedPackages());
    const {SystemRoot, TEMP, TMPDIR} = process.env;
    const home = path.join(folder, '.home');
    const env = {SystemRoot, TEMP, TMPDIR, HOME: home, USERPROFILE: home, PATH: path.join(home, 'bin')};
    const definedEnv = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
    return {folder, registry: url, env: definedEnv};
}

async function runIn({folder, env}, {file, args}, extraEnv = {}) {
    const {stdout} = await execute(file, args, {cwd: folder, env: {...env, ...extraEnv}});
    return stdout;
}

function npmInstall(project, ...args) {
    return runIn(project, npm('install', '--registry', project.registry, '--loglevel=error', ...args));
}

/** The examples, with the package's name where they have the repository's folder. */
function exampleFiles(folder = 'examples') {
    return Object.fromEntries(
        listFiles(['examples']).map((file) => {
            const source = fs.readFileSync(path.join(ROOT, file), 'utf8');
            const target = path.join(folder, path.relative('examples', file));
            return [target, source.replace("require('..')", `require('${NAME}')`)];
        })
    );
}

/** Runs the quickstart of a project, which exits with 0 only if every documented call went as documented. */
async function runExamples(t, project, major, folder = 'examples') {
    // The database's packages are lent from here. Nothing of ours is: it has to come from the project.
    const lent = path.join(temporaryFolder(t), 'node_modules');
    fs.mkdirSync(lent);
    for (const name of DATABASE_PACKAGES) {
        fs.symlinkSync(path.join(ROOT, 'node_modules', name), path.join(lent, name), 'junction');
    }
    const quickstart = path.join(folder, 'quickstart.js');
    const args = [quickstart, '--folder', path.join(project.folder, `work-${major}`), '--every-seconds', '1'];
    const stdout = await runIn(project, {file: nodeBinary(major), args}, {NODE_PATH: lent});
    assert.match(stdout, /Every job went as documented\./);
}

test('every target has a package of the same version as the main one', () => {
    assert.equal(platforms.size, manifest.napi.targets.length);
    for (const {name, version} of platforms.values()) {
        assert.ok(name.startsWith(`${NAME}-`), name);
        assert.equal(version, manifest.version, name);
    }
});

test('nothing but the platforms packages is needed at run time', () => {
    const published = publishedManifest(manifest, platforms.values());
    assert.equal(published.dependencies, undefined);
    assert.equal(published.scripts, undefined);
    assert.deepEqual(
        Object.keys(published.optionalDependencies).toSorted(),
        Array.from(platforms.values(), ({name}) => name).toSorted()
    );
});

describe('installed by npm', () => {
    for (const major of NODE_MAJORS) {
        test(`the documented examples run on Node.js ${major}`, async (t) => {
            const project = await createProject(t, {'package.json': '{"private": true}', ...exampleFiles()});
            await npmInstall(project, NAME);
            assert.deepEqual(
                fs.readdirSync(path.join(project.folder, 'node_modules/@tryghost')).length,
                2,
                'the main package and that of this platform'
            );
            await runExamples(t, project, major);
        });
    }

    for (const major of NODE_MAJORS) {
        test(`require and import give the same class on Node.js ${major}, in an empty folder`, async (t) => {
            const project = await createProject(t, {
                'package.json': '{"private": true}',
                'job.mjs': '',
                ...USES
            });
            await npmInstall(project, NAME);
            for (const file of Object.keys(USES)) {
                const stdout = await runIn(project, {file: nodeBinary(major), args: [file]});
                assert.equal(stdout, 'JobManager true ran\n', file);
            }
        });
    }

    for (const major of NODE_MAJORS) {
        test(`the program job-manager is installed, and works on Node.js ${major}`, async (t) => {
            const project = await createProject(t, {
                'package.json': '{"private": true}',
                'job.js': "console.log('the job ran');",
                'jobs.json': '{"jobs": [{"at": "every day", "job": "./job.js"}]}'
            });
            await npmInstall(project, NAME);
            // What npx runs; on Windows a script of the shell leads to it.
            const program =
                process.platform === 'win32'
                    ? path.join(project.folder, 'node_modules', NAME, manifest.bin['job-manager'])
                    : fs.realpathSync(path.join(project.folder, 'node_modules/.bin/job-manager'));
            const run = (...args) => runIn(project, {file: nodeBinary(major), args: [program, ...args]});
            assert.match(await run('next', 'every day at 02:30'), /^every day at 02:30 /);
            assert.equal(await run('run', 'job.js'), 'the job ran\n');
            assert.match(await run('check', 'jobs.json'), /1 job, no fault\n$/);
        });
    }

    test('the dashboard has its pages, its script and its style', async (t) => {
        const project = await createProject(t, {
            'package.json': '{"private": true}',
            'host.mjs': `
                import {JobManager} from '${NAME}';
                import {createDashboard} from '${NAME}/dashboard';

                const jobManager = new JobManager();
                const server = await createDashboard(jobManager).listen({port: 0});
                const url = 'http://127.0.0.1:' + server.address().port + '/';
                const page = await (await fetch(url)).text();
                const files = page.match(/assets\\/[\\w.-]+/g);
                const answers = await Promise.all(files.map((file) => fetch(url + file)));
                console.log(/<h1[^>]*>Overview/.test(page), ...answers.map(({status}) => status));
                await jobManager.shutdown();
            `
        });
        await npmInstall(project, NAME);
        const stdout = await runIn(project, {file: process.execPath, args: ['host.mjs']});
        assert.equal(stdout, 'true 200 200 200\n');
    });

    test('the control socket serves the pages too', {skip: process.platform === 'win32'}, async (t) => {
        const project = await createProject(t, {
            'package.json': '{"private": true}',
            'host.js': `
                const http = require('node:http');
                const JobManager = require('${NAME}');
                const {listen} = require('${NAME}/control');

                const jobManager = new JobManager();
                const get = (socketPath, path) =>
                    new Promise((resolve, reject) => {
                        const read = async (response) => resolve([response.statusCode, (await response.toArray()).join('')]);
                        http.get({socketPath, path, agent: false}, read).on('error', reject);
                    });
                listen(jobManager, {socket: require('node:path').join(__dirname, 'sockets', 'host.sock')}).then(async ({path}) => {
                    const [apiStatus] = await get(path, '/api/v1/stats');
                    const [pageStatus, page] = await get(path, '/');
                    console.log(apiStatus, pageStatus, /<h1[^>]*>Overview/.test(page));
                    await jobManager.shutdown();
                });
            `
        });
        fs.mkdirSync(path.join(project.folder, 'sockets'), {mode: 0o700});
        await npmInstall(project, NAME);
        const stdout = await runIn(project, {file: process.execPath, args: ['host.js']});
        assert.equal(stdout, '200 200 true\n');
    });

    test('it replaces the old package below a dependency by an override', async (t) => {
        const project = await createProject(t, {
            'package.json': JSON.stringify({private: true, overrides: {[NAME]: manifest.version}}),
            'host/package.json': JSON.stringify({
                name: 'host',
                version: '1.0.0',
                dependencies: {[NAME]: '1.0.9'}
            }),
            ...exampleFiles('host')
        });
        await npmInstall(project, '--install-links', './host');
        await runExamples(t, project, NODE_MAJORS[0], 'node_modules/host');
    });

    test('the error names the missing package of the platform', async (t) => {
        const project = await createProject(t, {'package.json': '{"private": true}'});
        await npmInstall(project, '--omit=optional', NAME);
        const platformName = packed.platforms[0].manifest.name;

        await assert.rejects(
            runIn(project, {file: process.execPath, args: ['--eval', `require('${NAME}')`]}),
            {
                stderr: new RegExp(`${process.platform}-${process.arch}[^]*${platformName}[^]*npm run build`)
            }
        );
    });
});

test("the documented examples run in pnpm's strict layout", async (t) => {
    const project = await createProject(t, {'package.json': '{"private": true}', ...exampleFiles()});
    await runIn(
        project,
        tool('pnpm', 'pnpm', 'add', '--registry', project.registry, '--store-dir', '.store', NAME)
    );
    assert.deepEqual(fs.readdirSync(path.join(project.folder, 'node_modules/@tryghost')), ['job-manager']);
    await runExamples(t, project, NODE_MAJORS[0]);
});

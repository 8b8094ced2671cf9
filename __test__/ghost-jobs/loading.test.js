'use strict';

// How Ghost finds, checks and uses the adapter: with Ghost's own loader, service and suite.

const assert = require('node:assert/strict');
const {createRequire} = require('node:module');
const fs = require('node:fs');
const path = require('node:path');
const {describe, it, suite, test} = require('node:test');
const {pathToFileURL} = require('node:url');
const {ROOT} = require('../../scripts/commands');
const {ghostPackage} = require('../support/ghost-package');
const {temporaryFolder} = require('../support/temporary-folder');
const {OURS, deferred, siteLog} = require('./support/adapters');

const GhostJobs = require('@tryghost/job-manager/ghost-jobs');
const {AdapterManager, Job, JobsBackendBase, JobsService, contractTests} = ghostPackage();

const NAME = '@tryghost/job-manager/ghost-jobs';

/** Ghost's loader, for a site with a folder content/adapters, and this package where that is searched for packages. */
function loader(t, jobs) {
    const site = temporaryFolder(t);
    const adapters = path.join(site, 'content/adapters');
    fs.mkdirSync(path.join(adapters, 'jobs'), {recursive: true});
    fs.mkdirSync(path.join(adapters, 'node_modules/@tryghost'), {recursive: true});
    fs.symlinkSync(ROOT, path.join(adapters, 'node_modules/@tryghost/job-manager'), 'junction');
    const config = {
        get: (key) => (key === 'adapters' ? {jobs} : undefined),
        getContentPath: () => adapters
    };
    const load = (place) =>
        createRequire(path.isAbsolute(place) ? path.join(adapters, 'noop.js') : path.join(ROOT, 'noop.js'))(
            place
        );
    return {
        adapters,
        manager: new AdapterManager({
            pathsToAdapters: ['', adapters],
            loadAdapterFromPath: load,
            baseClasses: {jobs: JobsBackendBase},
            config
        })
    };
}

test("Ghost's loader takes it by the name of the package", (t) => {
    const {manager} = loader(t, {active: NAME, [NAME]: {concurrency: 2}});
    manager.init();
    const adapter = manager.getAdapter('jobs');
    assert.ok(adapter instanceof GhostJobs);
});

test("Ghost's loader takes it by a file of the site's own", (t) => {
    const {adapters, manager} = loader(t, {active: 'job-manager'});
    fs.writeFileSync(path.join(adapters, 'jobs/job-manager.js'), `module.exports = require('${NAME}');`);
    manager.init();
    assert.equal(manager.getAdapter('jobs').constructor.name, 'GhostJobs');
});

test('a configuration that is wrong ends the start of the site, and the message says what to write', (t) => {
    const {manager} = loader(t, {active: NAME, [NAME]: {stor: 'jobs.db'}});
    assert.throws(() => manager.init(), /The option "stor" of Ghost's jobs adapter .*Did you mean "store"\?/);
});

test('what Ghost looks at: the direct base class by its name, and a list of methods that cannot be changed', () => {
    const adapter = new GhostJobs();
    assert.equal(Object.getPrototypeOf(GhostJobs).name, 'JobsBackendBase');
    const {value, writable} = Object.getOwnPropertyDescriptor(adapter, 'requiredFns');
    assert.deepEqual(value, new JobsBackendBase().requiredFns);
    assert.ok(Object.isFrozen(value));
    assert.equal(writable, false);
    assert.ok(value.every((name) => typeof GhostJobs.prototype[name] === 'function'));
});

test('it is the export, its default and its name, for CommonJS and ES modules', async () => {
    assert.equal(GhostJobs.default, GhostJobs);
    const imported = await import(NAME);
    assert.equal(imported.default, GhostJobs);
    assert.equal(imported.GhostJobs, GhostJobs);
});

test('jobs of the service of Ghost reach their handlers, and its log has them', async (t) => {
    class SendEmail extends Job {
        static type = 'send-email';
        constructor({to}) {
            super();
            this.to = to;
        }
    }
    const log = siteLog(t);
    const sent = deferred();
    const service = new JobsService({backend: new GhostJobs(), logging: require('@tryghost/logging')});
    t.after(() => service.shutdown({timeoutMs: 0}));
    service.handle(SendEmail, sent.resolve, {queue: 'email', concurrency: 2});
    await service.start();
    await service.dispatch(new SendEmail({to: 'ada@example.com'}));
    assert.deepEqual(await sent.promise, new SendEmail({to: 'ada@example.com'}));
    assert.deepEqual(await log.next('info'), ['[Background Job] send-email started']);
});

for (const {name, make} of OURS) {
    suite(`Ghost's own suite: ${name}`, async () => {
        const {runJobsBackendContractTests} = await import(pathToFileURL(contractTests).href);
        // Its tests make one adapter each, and end it.
        const within = (title, body) =>
            it(title, async (t) => {
                siteLog(t);
                test.current = t;
                await body();
            });
        runJobsBackendContractTests(() => make(test.current), {describe, it: within});
    });
}

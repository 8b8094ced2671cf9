'use strict';

// The attempts of a run are counted in the cluster, on each backend of the tests that always run.

const assert = require('node:assert/strict');
const nodeTest = require('node:test');
const {resumedOf} = require('../../lib/cluster/bullmq/codec');
const {testAttempts} = require('./attempts');
const {BACKENDS} = require('./support');

nodeTest('a run that is run again after its end begins at its first attempt', () => {
    const next = {attempt: 3, retryAtMs: 1_800_000_000_000};
    const data = {next: {...next, of: 0}};
    assert.deepEqual(resumedOf({data, attemptsMade: 0}), next);
    assert.equal(resumedOf({data, attemptsMade: 1}), undefined, 'bull-board has retried it');
    assert.equal(resumedOf({data: {}, attemptsMade: 0}), undefined);
});

BACKENDS.filter(({title}) => !title.includes('PostgreSQL')).forEach(testAttempts);

console.log('Left out: the long tests of a cluster on PostgreSQL. npm run test:postgres runs them.');

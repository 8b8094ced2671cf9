'use strict';

// A script that reports, wherever it runs.

const {PermanentJobError, run} = require('../../../lib/job');

run.progress(0.5, 'half');
run.progress({done: 4, total: 4});
run.log('a line', {from: 'script'});
run.heartbeat();
run.result({id: run.id, name: run.name, attempt: run.attempt, trigger: run.trigger});
console.log(`aborted: ${run.signal.aborted}, permanent: ${new PermanentJobError('x').permanent}`);

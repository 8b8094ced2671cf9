'use strict';

// A script that ends when its signal is aborted.

const {run} = require('../../../lib/job');

const alive = setInterval(() => {}, 1000);
run.signal.addEventListener('abort', () => clearInterval(alive));
run.progress(0);

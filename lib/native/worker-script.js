'use strict';

/** The script of worker processes: lib/worker/bootstrap.js, made one file by `npm run build`. */
const WORKER_SCRIPT = require.resolve('../worker/bootstrap.bundle.cjs');

module.exports = {WORKER_SCRIPT};

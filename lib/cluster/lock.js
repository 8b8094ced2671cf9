'use strict';

/**
 * How long what carries the cluster keeps a run for its host: longer than the lease at which the host itself ends it, so that no
 * other host begins before that. The rest is for clocks that run at different rates, for the guard, which looks once a second, and
 * for the end of the processes.
 */
const lockOf = (leaseMs) => Math.round(leaseMs * 1.2) + 2_000;

module.exports = {lockOf};

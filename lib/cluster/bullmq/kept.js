'use strict';

/** How long ids of slots and runs are kept: longer than clocks differ and hosts stand still. */
const KEPT = {age: 60 * 60, count: 100_000};
const KEPT_FAILED = {age: 7 * 24 * 60 * 60, count: 10_000};

module.exports = {KEPT, KEPT_FAILED};

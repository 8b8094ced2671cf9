'use strict';

/**
 * The base class of Ghost's jobs adapters. Ghost accepts an adapter whose direct base class has this name, so that an adapter
 * need not find the one inside Ghost's own packages.
 */
// oxlint-disable-next-line typescript/no-extraneous-class -- it is looked for by its name
class JobsBackendBase {
    constructor() {
        Object.defineProperty(this, 'requiredFns', {
            value: Object.freeze(['start', 'enqueue', 'scheduleRecurring', 'shutdown']),
            writable: false
        });
    }
}

module.exports = {JobsBackendBase};

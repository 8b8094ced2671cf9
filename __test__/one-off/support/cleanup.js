'use strict';

const stacks = new WeakMap();

/**
 * Has something done when the test ends, before what was asked for earlier: a database is closed before it is
 * dropped, and after its manager was shut down.
 *
 * @param {import('node:test').TestContext} t
 * @param {() => unknown} undo
 */
function cleanUp(t, undo) {
    if (!stacks.has(t)) {
        stacks.set(t, []);
        t.after(async () => {
            for (const next of stacks.get(t).toReversed()) {
                await next();
            }
        });
    }
    stacks.get(t).push(undo);
}

module.exports = {cleanUp};

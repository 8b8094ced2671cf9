'use strict';

/**
 * The package that this one replaces sets `@breejs/later` to local time when it is loaded, and hosts that share that
 * module with it have come to rely on this: Ghost's own schedules are read as UTC without it.
 */

const {createRequire} = require('node:module');
const path = require('node:path');

const SHARED = '@breejs/later';

/** Where the host's own modules are looked up: from its program, and from the folder that it was started in. */
function places() {
    const program = require.main?.filename ?? process.argv[1];
    return [program && path.isAbsolute(program) ? program : undefined, path.join(process.cwd(), 'noop.js')];
}

/** Sets each `@breejs/later` that the host can see to local time; does nothing where there is none. */
function setSharedLaterToLocalTime() {
    const found = new Set();
    for (const place of places()) {
        try {
            const load = createRequire(place);
            const file = load.resolve(SHARED);
            if (!found.has(file)) {
                found.add(file);
                load(file).date.localTime();
            }
        } catch {
            // The host has none, or one that cannot be loaded: it will find out by itself.
        }
    }
}

module.exports = {setSharedLaterToLocalTime};

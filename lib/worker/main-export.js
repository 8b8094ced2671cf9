'use strict';

/**
 * What the job's main module exports, once it has been loaded. A module that exports a function and does nothing else
 * was perhaps meant to be called, which the host can only know from here.
 *
 * Whether it does nothing else is looked at one turn of the event loop later, when its promises have had theirs: nothing
 * may keep the loop alive then, and nothing may have come to its end in that turn.
 */

const fs = require('node:fs');

// Taken now: a job may install fake timers, or another file system.
const {setImmediate} = globalThis;
const {readFileSync} = fs;
const getActiveResourcesInfo = process.getActiveResourcesInfo.bind(process);

/** How Node lists the files that its loader of ES modules has read and is closing (Node 20). */
const CLOSING_FILE = 'CloseReq';
const isOfLoader = (kind) => kind === CLOSING_FILE;

/** Flags of Node by which a second import of the main module may give another copy of it, and run the job twice. */
const LOADER_FLAGS = /(^|\s)(-r|--require|--import|--(experimental-)?loader|--preserve-symlinks(-main)?)\b/;

/** Noted before a job changes them. */
const flags = [process.env.NODE_OPTIONS, ...process.execArgv];

/** Events that the loop had been given before the job; a cold start has waited for none. */
let eventsBefore = 0;

/** Events that the loop has been given so far: the end of a read, say. Loads what a job may do without, 0.6 ms. */
const eventCount = () => performance.nodeTiming.uvMetricsInfo.events;

/** Remembers what has happened in this process before its job. */
function noteEvents() {
    eventsBefore = eventCount();
}

/** A class is exported to be used elsewhere, and is nothing that a job could have meant. */
function isCallable(value) {
    return (
        typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable !== false
    );
}

/** The export itself, or its `default`, as transpiled and ES modules have it. */
function isFunctionModule(exported) {
    try {
        return isCallable(exported) || isCallable(exported?.default);
    } catch {
        // A Proxy, or a getter, that throws: whatever it is, it is no function of a job.
        return false;
    }
}

/** The number that Node gives to each asynchronous thing that is made. */
const numberOf = (immediate) =>
    immediate[Object.getOwnPropertySymbols(immediate).find(({description}) => description === 'asyncId')];

/** Whether nothing asynchronous was made between two immediates. */
const areNeighbours = (first, second) => numberOf(second) === numberOf(first) + 1;

function lookAtScript({immediate, wasActive}, report) {
    const isIdle = !wasActive && getActiveResourcesInfo().length === 0;
    const isUntouched = areNeighbours(
        immediate,
        setImmediate(() => {})
    );
    report(isIdle && (isUntouched || eventCount() === eventsBefore));
}

/** For the loader of ES modules. Loading `node:url` takes 0.1 ms. */
const urlOf = (file) =>
    /^[\w/.-]+$/.test(file) ? `file://${file}` : require('node:url').pathToFileURL(file).href;

/** Whether an ES module that has been loaded was evaluated in one go: `require` refuses the others. */
function hasNoTopLevelAwait(file) {
    try {
        require(file);
        return true;
    } catch {
        return false;
    } finally {
        delete require.cache[file];
    }
}

/** Any way to write a default export; also in other words of a source, but not in most `switch` statements. */
const DEFAULT_EXPORT = /\bdefault\b(?!\s*:)/;

/** Whether the source of an ES module may have a default export. Importing it to see takes ten times as long. */
function mayExportDefault(file) {
    try {
        return DEFAULT_EXPORT.test(readFileSync(file, 'latin1'));
    } catch {
        return true;
    }
}

/** As lookAtScript(); the loader gives the module that it has, or waits for it. */
async function lookAtModule(file, {immediate, wasActive}, report) {
    let wasThere = true;
    const next = setImmediate(() => {
        wasThere = false;
    }).unref();
    let exported;
    try {
        exported = await import(urlOf(file));
    } catch {
        // Node reports that as the error of the main module.
        return;
    }
    if (!isFunctionModule(exported)) {
        return;
    }
    const active = getActiveResourcesInfo();
    const isUntouched = wasThere && areNeighbours(immediate, next);
    const wasIdle = !(wasThere && wasActive) && active.every(isOfLoader) && hasNoTopLevelAwait(file);
    // A module that was there may have been evaluated before this turn, another has been evaluated just now.
    const expected = wasThere ? eventsBefore : eventCount() + active.length;
    setImmediate(function look() {
        const now = getActiveResourcesInfo();
        if (wasIdle && now.some(isOfLoader)) {
            setImmediate(look);
        } else {
            report(wasIdle && now.length === 0 && (isUntouched || eventCount() <= expected));
        }
    });
}

/**
 * Looks at the main module. To be called by an immediate that was set just before the module was run, for the turn after
 * that.
 *
 * @param {string} file the main module
 * @param {object} before what was there when the module was run
 * @param {NodeJS.Immediate} before.immediate that calls this
 * @param {boolean} before.wasActive whether something kept the event loop alive when its timers had not been served yet
 * @param {(isIdle: boolean) => void} report called if it exports a function; `isIdle` says that the module had begun
 *   nothing that lasts
 */
function lookAtMain(file, before, report) {
    const main = process.mainModule;
    if (main !== undefined) {
        if (isFunctionModule(main.exports)) {
            lookAtScript(before, report);
        }
    } else if (!flags.some((flag) => LOADER_FLAGS.test(flag)) && mayExportDefault(file)) {
        void lookAtModule(file, before, report);
    }
}

module.exports = {lookAtMain, noteEvents};

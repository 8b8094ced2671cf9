'use strict';

/**
 * What a worker process is called with besides its script: which flags of the host it shares, in which form `node`
 * reads NODE_OPTIONS, and where the worker script stands among the modules that are loaded first.
 */

const {WORKER_SCRIPT} = require('../native/worker-script');
const {ORIGINAL_OPTIONS} = require('../wire/boot');

/**
 * Flags that belong to the host alone: its debugger, profiler, test runner, command line, snapshot, and its files of
 * variables, which it has read (and perhaps changed) already.
 */
const HOST_ONLY_FLAGS = new RegExp(
    `^(${[
        '--inspect.*|--debug.*',
        '--eval|-e|--print|-p|-pe|--check|-c|--interactive|-i|--run|--input-type|--entry-url|--experimental-entry-url',
        '--test.*|--experimental-test.*|--watch.*',
        '--prof|--cpu-prof.*|--heap-prof.*|--expose-internals',
        '--snapshot-blob|--build-snapshot.*|--build-sea|--experimental-sea-config',
        '--env-file.*'
    ].join('|')})(=|$)`
);

/** Of these, the ones with a value that may itself begin with a dash. */
const TAKES_ANY_WORD = new Set(['-e', '--eval', '-p', '--print', '-pe']);

/** Flags that load modules before the script, and files that may hold such. */
const PRELOADS =
    /^(-r|--require|--import|--experimental-config-file|--experimental-default-config-file)(=|$)/;

/** Node takes underscores for dashes in the name of a flag. */
const nameOf = (word) => word.replace(/^--[^=]+/, (flag) => flag.replaceAll('_', '-'));

/**
 * @param {string[]} [words] - flags of a process, each value in the same word or the next
 * @returns {string[]} those that a worker process shall share
 */
function inheritedFlags(words = process.execArgv) {
    const kept = [];
    for (let index = 0; index < words.length; index++) {
        const name = nameOf(words[index]);
        if (!HOST_ONLY_FLAGS.test(name)) {
            kept.push(words[index]);
            continue;
        }
        // No script stands among flags: a word without a dash is the value of the flag before.
        const next = words[index + 1];
        if (next !== undefined && (TAKES_ANY_WORD.has(name) || !next.startsWith('-'))) {
            index += 1;
        }
    }
    return kept;
}

const hasPreloads = (words) => words.some((word) => PRELOADS.test(nameOf(word)));

/**
 * @param {string[]} flags - for a worker process
 * @returns {string[]} the same, and in front of preloads the worker script, so that they see a Worker
 */
function bootFlags(flags) {
    return hasPreloads(flags) ? ['--require', WORKER_SCRIPT, ...flags] : flags;
}

/**
 * Takes NODE_OPTIONS apart as `node` does: blanks separate words but within double quotes, where a backslash stands
 * before what is meant literally.
 *
 * @param {string} text
 * @returns {string[] | undefined} the words; undefined for a text that `node` refuses
 */
function optionWords(text) {
    const words = [];
    let word;
    let isQuoted = false;
    for (let index = 0; index < text.length; index++) {
        if (text[index] === ' ' && !isQuoted) {
            word = undefined;
        } else if (text[index] === '"') {
            isQuoted = !isQuoted;
        } else {
            index += text[index] === '\\' && isQuoted ? 1 : 0;
            word ??= words.push('') - 1;
            words[word] += text[index] ?? '';
        }
    }
    return isQuoted ? undefined : words;
}

const quoted = (word) => (/[ "]/.test(word) ? `"${word.replace(/[\\"]/g, '\\$&')}"` : word);

/**
 * @param {string} text - NODE_OPTIONS
 * @param {{isInherited: boolean}} from - from the host: then without what is the host's own
 * @returns {string} what a worker process is started with in its place
 */
function bootOptions(text, {isInherited}) {
    const words = optionWords(text);
    if (words === undefined) {
        return text;
    }
    const kept = isInherited ? inheritedFlags(words) : words;
    const isSame = kept.length === words.length && !hasPreloads(kept);
    return isSame ? text : bootFlags(kept).map(quoted).join(' ');
}

const OPTIONS = 'NODE_OPTIONS=';

/**
 * @param {string[]} variables - the host's, each as "KEY=VALUE"
 * @returns {string[]} those that a worker process is started with; its script puts back what has been replaced
 */
function bootVariables(variables) {
    const index = variables.findIndex((variable) => variable.startsWith(OPTIONS));
    const text = variables[index]?.slice(OPTIONS.length);
    const boot = text && bootOptions(text, {isInherited: true});
    return boot === text
        ? variables
        : variables.toSpliced(index, 1, `${OPTIONS}${boot}`, `${ORIGINAL_OPTIONS}=${text}`);
}

/**
 * @param {Record<string, string>} [env] - of a job, laid over the host's variables
 * @returns {string[]} the same as "KEY=VALUE", for the start of its process
 */
function bootOverlay(env = {}) {
    const variables = {...env};
    if (env.NODE_OPTIONS !== undefined) {
        variables.NODE_OPTIONS = bootOptions(env.NODE_OPTIONS, {isInherited: false});
        variables[ORIGINAL_OPTIONS] = env.NODE_OPTIONS;
    }
    return Object.entries(variables).map(([key, value]) => `${key}=${value}`);
}

module.exports = {inheritedFlags, bootFlags, bootVariables, bootOverlay, optionWords};

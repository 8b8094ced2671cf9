'use strict';

const Module = require('node:module');
const path = require('node:path');

/** What tools call their helpers: esbuild and tsx keep names by `__name`, istanbul counts by `cov_` and a hash. */
const HELPER = /\b(?:__name|cov_[\da-z]+)\b/g;

/** Gives a function its name back, as esbuild's own helper does. */
const keepName = (target, value) => Object.defineProperty(target, 'name', {value, configurable: true});

/** Stands for the counters of a coverage tool, whatever is read from it, called or counted: there is none to report to. */
function idleCounter() {
    const counter = new Proxy(() => counter, {
        get: (_target, key) => (key === Symbol.toPrimitive ? () => 0 : counter),
        set: () => true
    });
    return counter;
}

/**
 * @param {string} source text of a script
 * @returns {Map<string, unknown>} the helpers of tools that it uses, by their names: they are defined outside of it
 */
function helpersOf(source) {
    const names = new Set(source.match(HELPER));
    return new Map([...names].map((name) => [name, name === '__name' ? keepName : idleCounter()]));
}

/**
 * Compiles source to run as `new Worker(source, {eval: true})` runs it, with the same names in reach. The module loader
 * compiles it, and not `node:vm`, so that import() works in it without flags and warnings.
 *
 * @param {object} job what to run
 * @param {string} job.target text of a script
 * @param {unknown} [job.argument] its third argument
 * @param {string} name what Node calls it
 * @param {string} folder where it looks modules up
 * @returns {() => void} runs it; throws what is wrong with it, as the script itself would
 */
function prepareSource({target, argument}, name, folder) {
    const module = new Module(name);
    module.filename = path.join(folder, name);
    module.paths = Module._nodeModulePaths(folder);
    Object.assign(globalThis, {module, exports: module.exports, __filename: name, __dirname: '.'});
    try {
        module._compile('globalThis.require = require;', module.filename);
        const script = `return function (__filename, __dirname) {${target}\n}`;
        const helpers = helpersOf(target);
        const run =
            helpers.size === 0
                ? module._compile(script, module.filename)
                : module._compile(
                      `return function (${[...helpers.keys()]}) {${script}\n}`,
                      module.filename
                  )(...helpers.values());
        return run.bind(globalThis, name, '.', argument);
    } catch (error) {
        return () => {
            throw error;
        };
    }
}

module.exports = {prepareSource};

'use strict';

const Module = require('node:module');
const path = require('node:path');

/**
 * Compiles source to run as `new Worker(source, {eval: true})` runs it, with the same names in reach. The module loader
 * compiles it, and not `node:vm`, so that import() works in it without flags and warnings.
 *
 * @param {string} source text of a script
 * @param {string} name what Node calls it
 * @param {string} folder where it looks modules up
 * @returns {() => void} runs it; throws what is wrong with it, as the script itself would
 */
function prepareSource(source, name, folder) {
    const module = new Module(name);
    module.filename = path.join(folder, name);
    module.paths = Module._nodeModulePaths(folder);
    Object.assign(globalThis, {module, exports: module.exports, __filename: name, __dirname: '.'});
    try {
        module._compile('globalThis.require = require;', module.filename);
        return module
            ._compile(`return function (__filename, __dirname) {${source}\n}`, module.filename)
            .bind(globalThis, name, '.');
    } catch (error) {
        return () => {
            throw error;
        };
    }
}

module.exports = {prepareSource};

'use strict';

/** What `require` says of a module that has to be imported instead. */
const NEEDS_IMPORT = new Set(['ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE']);

/** @returns {boolean} whether a module that `require` has refused can be imported */
const needsImport = (error) => NEEDS_IMPORT.has(error?.code);

/** @returns {Function | undefined} the default export of a module, however it was compiled */
const functionOf = (exported) =>
    [exported, exported?.default, exported?.default?.default].find((value) => typeof value === 'function');

/**
 * The function that the module of a handler exports.
 *
 * @param {unknown} exported - what loading the module gave
 * @param {{name: string, target: string}} job
 * @returns {Function} its default export, however it was compiled
 * @throws {TypeError} HANDLER_MISSING, when that is no function; it says what the module exports
 */
function handlerOf(exported, {name, target}) {
    const found = functionOf(exported);
    if (found === undefined) {
        const message =
            `The module ${target} of job "${name}" must export a function as its default: ` +
            `it exports ${describeExports(exported)}`;
        throw Object.assign(new TypeError(message), {code: 'HANDLER_MISSING', permanent: true});
    }
    return found;
}

function describeExports(exported) {
    if (typeof exported !== 'object' || exported === null) {
        return `a value of the type ${exported === null ? 'null' : typeof exported}`;
    }
    const names = Object.keys(exported);
    return names.length === 0 ? 'nothing' : names.join(', ');
}

module.exports = {functionOf, handlerOf, needsImport};

'use strict';

/**
 * The function of an offloaded job, which is sent to another process as its source: made a program there, checked here,
 * and what goes wrong with it explained.
 */

const vm = require('node:vm');
const {types} = require('node:util');
const {codedError} = require('../host/from-caller');

const NATIVE_CODE = /\{\s*\[native code\]\s*\}\s*$/;
/** What gives the function that a literal with one method, getter or setter holds, whatever its key is. */
const ONLY_PROPERTY =
    '((o) => { const p = Reflect.getOwnPropertyDescriptor(o, Reflect.ownKeys(o)[0]); return p.value ?? p.get ?? p.set; })';
/** How a program ends that calls its function without arguments, and with the job's data. */
const CALL = '()';
const CALL_WITH_DATA = '(arguments[2])';
/** What V8 says of a name that it does not find. */
const NOT_DEFINED = /^(\S+) is not defined$/;
/** What Node calls a job without a file, in stack traces. */
const SOURCE_NAME = '[worker eval]';

/**
 * @param {string} name - the job
 * @param {Function} job
 * @returns {import('./job-source').JobSource}
 * @throws {Error} JOB_NOT_SOURCE, JOB_NOT_CALLABLE or JOB_NOT_SCRIPT, when it could never run
 */
function functionSource(name, job) {
    const source = Function.prototype.toString.call(job);
    if (NATIVE_CODE.test(source)) {
        throw codedError('JOB_NOT_SOURCE', `Job #1 named "${name}" can't be a bound or built-in function`);
    }
    const kind = notCallable(job);
    if (kind !== undefined) {
        throw codedError(
            'JOB_NOT_CALLABLE',
            `Job #1 named "${name}" can't be ${kind}: calling it would run nothing. Give a function that does the work.`
        );
    }
    return {
        kind: 'source',
        target: `${expression(name, source)}${CALL}`,
        takesData: hasParameter(job, source)
    };
}

/**
 * `length` does not count a parameter with a default. One that gathers all arguments gets none, as in the package that
 * this one replaces.
 */
function hasParameter(job, source) {
    return job.length > 0 || !/^[^(]*\(\s*(\)|\.\.\.)/.test(source);
}

/** What a function is that does no work when it is called, if it is such a one. */
function notCallable(job) {
    if (types.isGeneratorFunction(job)) {
        return 'a generator function';
    }
    // Of all functions with source only classes have a `prototype` that cannot be replaced.
    return Object.getOwnPropertyDescriptor(job, 'prototype')?.writable === false ? 'a class' : undefined;
}

/** The source as an expression: a method is none by itself. */
function expression(name, source) {
    const asFunction = `(${source})`;
    const problem = syntaxError(asFunction);
    if (problem === undefined) {
        return asFunction;
    }
    const asMethod = `${ONLY_PROPERTY}({${source}})`;
    if (syntaxError(asMethod) === undefined) {
        return asMethod;
    }
    throw codedError(
        'JOB_NOT_SCRIPT',
        `Job #1 named "${name}" can't be run from the source of its function (${problem.message}): ` +
            'it is sent as text, and runs as a CommonJS script. Use the path of a module instead.'
    );
}

/** What is wrong with an expression inside a function of a script, if anything is. */
function syntaxError(text) {
    try {
        void new vm.Script(`(function () { return ${text}\n})`);
        return undefined;
    } catch (error) {
        return error;
    }
}

/**
 * The program that calls the function with the third argument of the script, which is the job's data.
 *
 * @param {string} target - of a source
 * @returns {string}
 */
function callingWithData(target) {
    return target.slice(0, -CALL.length) + CALL_WITH_DATA;
}

/**
 * Completes the error of a run that failed because its function has no closure.
 *
 * @param {unknown} error - what the job threw, as it arrived here
 * @param {string} name - the job
 * @param {unknown} job - as it was given to `addJob`
 */
function explainClosure(error, name, job) {
    if (typeof job !== 'function' || !types.isNativeError(error) || error.name !== 'ReferenceError') {
        return;
    }
    const [, identifier] = NOT_DEFINED.exec(error.message) ?? [];
    const [, thrownAt = ''] = String(error.stack).split('\n    at ');
    const isOwn = thrownAt.includes(SOURCE_NAME) && String(job).includes(identifier);
    if (identifier === undefined || !isOwn) {
        return;
    }
    const before = error.message;
    error.message =
        `${before}: the function of job "${name}" uses \`${identifier}\`, which is defined outside of it. A function ` +
        'given to addJob is sent as text and has no closure: pass the value in `data`, require what it needs inside of ' +
        'it, or use a module or an inline job (`offloaded: false`)';
    error.stack = String(error.stack).replace(before, () => error.message);
    error.code = 'JOB_FUNCTION_CLOSURE';
}

module.exports = {functionSource, callingWithData, explainClosure};

'use strict';

/** Checks a configuration of the daemon, without running anything of it. */

const path = require('node:path');
const {checkListenOptions} = require('../control/listen-options');
const {describeValue} = require('../host/describe-value');
const {OptionChecker} = require('../host/options');
const {nearestName} = require('../host/nearest-name');
const {dashboardOptions} = require('../http/options');
const {resolveModule} = require('../inline/inline-function');
const {defaultName} = require('../jobs/job-source');
const tables = require('../jobs/option-tables');

/** What the jobs of a daemon print is printed, and kept for `job-manager logs`, unless the configuration says otherwise. */
const JOB_DEFAULTS = {output: 'both'};
const KEYS = ['manager', 'jobs', 'handlers', 'control', 'dashboard'];
const LISTS = ['jobs', 'handlers'];
/** Later than any test of a configuration: a job without a time would run as soon as it is added. */
const NEVER = new Date(8.64e15);

/** Where the fault is, by the code of the error. */
const KEY_OF_CODE = {
    JOB_MISSING: 'job',
    JOB_PATH_MISSING: 'job',
    MODULE_NOT_FOUND: 'job',
    JOB_NOT_CALLABLE: 'job',
    TIME_ZONE_UNKNOWN: 'timezone',
    JOB_NAME_MISSING: 'name',
    JOB_NAME_RESERVED: 'name'
};

/**
 * @typedef {object} Fault
 * @property {string} key - such as `jobs[2].at`; empty for the whole file
 * @property {string} message
 * @property {string} [help]
 */

/**
 * @typedef {object} Definition - a job of the configuration, ready for the manager
 * @property {string} key
 * @property {string} name
 * @property {'addJob' | 'defineJob'} method
 * @property {object} job
 */

/**
 * @typedef {object} Config
 * @property {object} manager - options of the manager
 * @property {Definition[]} definitions
 * @property {boolean | object} control
 * @property {false | object} dashboard
 */

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isRelative = (value) => typeof value === 'string' && value !== '' && !value.startsWith('file:');

/** `The option "timeout" in "worker" of job "x" …` @returns {string} `worker.timeout` */
function optionIn(message) {
    const [, option, holder] = /^The option "([^"]+)" (?:in "([^"]+)" )?/.exec(message) ?? [];
    return option === undefined || holder === undefined ? option : `${holder}.${option}`;
}

function faultOf(key, error) {
    const {code = '', context, help} = error;
    const inKey = code.startsWith('SCHEDULE_') ? 'at' : (optionIn(error.message) ?? KEY_OF_CODE[code]);
    const isFormat = error.message === 'Invalid schedule format' && context;
    const message = isFormat ? `${error.message}: ${context}` : error.message;
    return {
        key: inKey === undefined ? key : `${key}.${inKey}`,
        message,
        help: /README/.test(help) ? undefined : help
    };
}

/** What options a table does not have, and what is of the wrong kind. */
const checkOptions = (table, given, {key, name}) =>
    faultsIn(key, (logger) => new OptionChecker(logger).check(table, given, name));

/** What a check finds. A name that only warns elsewhere is a fault here. */
function faultsIn(key, check) {
    const faults = [];
    const logger = {warn: (message) => faults.push({key: `${key}.${optionIn(message)}`, message})};
    try {
        check(logger);
    } catch (error) {
        faults.push(faultOf(key, error));
    }
    return faults;
}

/** Relative paths count from the folder of the configuration: a service is started wherever its supervisor likes. */
function withPaths(job, folder) {
    return isRelative(job?.job) ? {...job, job: path.resolve(folder, job.job)} : job;
}

function withStorePath(manager, folder) {
    const {store} = manager;
    if (isRelative(store)) {
        return {...manager, store: path.resolve(folder, store)};
    }
    return isObject(store) && isRelative(store.path)
        ? {...manager, store: {...store, path: path.resolve(folder, store.path)}}
        : manager;
}

const withDefaults = (manager) =>
    manager.job === undefined || isObject(manager.job)
        ? {...manager, job: {...JOB_DEFAULTS, ...manager.job}}
        : manager;

function unknownKeys(config) {
    return Object.keys(config)
        .filter((key) => !KEYS.includes(key))
        .map((key) => {
            const meant = nearestName(key, KEYS);
            const help = meant === undefined ? `It may have ${KEYS.join(', ')}.` : `Did you mean "${meant}"?`;
            return {key, message: 'this is not known', help};
        });
}

/** What makes it useless to look any further. */
function checkShape(config) {
    if (!isObject(config)) {
        const message = `it must be an object such as {"jobs": [...]}, got ${describeValue(config)}`;
        return [{key: '', message}];
    }
    const faults = [];
    for (const key of LISTS) {
        if (config[key] !== undefined && !Array.isArray(config[key])) {
            faults.push({key, message: `must be an array of jobs, got ${describeValue(config[key])}`});
        }
    }
    if (config.manager !== undefined && !isObject(config.manager)) {
        faults.push({
            key: 'manager',
            message: `must be an object of options, got ${describeValue(config.manager)}`
        });
    }
    for (const key of ['control', 'dashboard']) {
        const value = config[key];
        if (value !== undefined && typeof value !== 'boolean' && !isObject(value)) {
            faults.push({
                key,
                message: `must be true, false or an object of options, got ${describeValue(value)}`
            });
        }
    }
    return faults;
}

/** In place of a manager, of which there is none yet: of it only the logger is used. */
const managerWith = (logger) => ({jobs() {}, events: {on() {}}, bree: {config: {logger}}});

/** The options of what a daemon listens on. */
function checkServers({control, dashboard}) {
    const faults = isObject(control)
        ? faultsIn('control', (logger) => checkListenOptions(control, logger))
        : [];
    if (!isObject(dashboard)) {
        return faults;
    }
    const {port, host, ...options} = dashboard;
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
        faults.push({
            key: 'dashboard.port',
            message: `must be a number from 0 to 65535, got ${describeValue(port)}`
        });
    }
    if (host !== undefined && typeof host !== 'string') {
        faults.push({key: 'dashboard.host', message: `must be a string, got ${describeValue(host)}`});
    }
    return [...faults, ...faultsIn('dashboard', (logger) => dashboardOptions(managerWith(logger), options))];
}

function definitionsOf(config, folder) {
    return LISTS.flatMap((list) =>
        (config[list] ?? []).map((given, index) => {
            const job = withPaths(given, folder);
            return {
                key: `${list}[${index}]`,
                name: job?.name ?? defaultName(job?.job),
                method: list === 'handlers' ? 'defineJob' : 'addJob',
                job
            };
        })
    );
}

/** Adds the jobs to a manager in which nothing is ever due. */
async function checkDefinitions(definitions, manager) {
    const JobManager = require('../../index');
    const silent = {info() {}, warn() {}, error() {}};
    const scratch = new JobManager({
        ...manager,
        store: undefined,
        JobModel: undefined,
        errorHandler: undefined,
        workerMessageHandler: undefined,
        logger: silent,
        unref: true
    });
    const faults = [];
    const keys = new Map();
    for (const definition of definitions) {
        const {key, name} = definition;
        if (name !== undefined && keys.has(name)) {
            faults.push({key: `${key}.name`, message: `the name "${name}" is that of ${keys.get(name)} too`});
        } else {
            keys.set(name, key);
            faults.push(...(await checkDefinition(scratch, definition)));
        }
    }
    await scratch.shutdown();
    return faults;
}

async function checkDefinition(scratch, {key, name, method, job}) {
    if (!isObject(job)) {
        return [
            {
                key,
                message: `must be an object such as {"name": "backup", "job": "./backup.js"}, got ${describeValue(job)}`
            }
        ];
    }
    const table = method === 'addJob' ? tables.JOB : tables.HANDLER;
    const faults = checkOptions(table, job, {key, name});
    if (faults.length > 0) {
        return faults;
    }
    try {
        if (method === 'addJob' && job.offloaded === false && typeof job.job === 'string') {
            resolveModule(job.job);
        }
        const at = method === 'addJob' ? (job.at ?? NEVER) : job.at;
        await scratch[method]({...job, name, at, paused: true});
        return [];
    } catch (error) {
        return [faultOf(key, error)];
    }
}

/**
 * @param {unknown} given - of `readConfig`
 * @param {string} file - that it was read from
 * @returns {Promise<{faults: Fault[], config?: Config}>} the configuration with absolute paths, if there is no fault
 */
async function checkConfig(given, file) {
    const unknown = isObject(given) ? unknownKeys(given) : [];
    const shape = checkShape(given);
    if (shape.length > 0) {
        return {faults: [...unknown, ...shape]};
    }
    const folder = path.dirname(path.resolve(file));
    const faults = [
        ...checkOptions(tables.MANAGER, given.manager ?? {}, {key: 'manager'}),
        ...checkServers(given)
    ];
    const manager = withDefaults(withStorePath(given.manager ?? {}, folder));
    const definitions = definitionsOf(given, folder);
    if (faults.length === 0) {
        try {
            faults.push(...(await checkDefinitions(definitions, manager)));
        } catch (error) {
            faults.push(faultOf('manager', error));
        }
    }
    const {control = true, dashboard = false} = given;
    faults.unshift(...unknown);
    return faults.length > 0 ? {faults} : {faults, config: {manager, definitions, control, dashboard}};
}

/** @param {string} file @param {Fault} fault @returns {string} `FILE: KEY: MESSAGE` */
const faultText = (file, {key, message, help}) =>
    [file, key, message].filter(Boolean).join(': ') + (help ? `\n${help}` : '');

module.exports = {checkConfig, faultText};

'use strict';

/**
 * Checks the options that a host passes against a table of the known ones (lib/jobs/option-tables.js): a value of the
 * wrong kind is refused, an unknown name is refused or warned about, as its table says.
 *
 * Called for every job that is added, so a call iterates over the given names once and allocates nothing unless
 * something is wrong.
 */

const {describeValue} = require('./describe-value');
const {incorrectUsage} = require('./errors');
const {nearestName} = require('./nearest-name');

/**
 * @typedef {object} Kind
 * @property {(value: unknown) => boolean} accepts
 * @property {string} expected - completes "must be"
 * @property {OptionTable} [table] - of the options that the value holds
 */

/**
 * @typedef {object} OptionTable
 * @property {string} call - the function that takes these options, such as "addJob()"
 * @property {string} example - of an argument
 * @property {(name?: string) => string} owner - whose options they are; completes 'The option "x"'
 * @property {Record<string, Kind>} kinds - by name; without a prototype
 * @property {Record<string, string>} refused - what to do instead, by name
 * @property {Record<string, string>} unused - why it has no effect, by name
 * @property {boolean} isOpen - whether names that resemble no known one are ignored without a warning
 */

/** A copy without a prototype, so that an option name such as "constructor" finds nothing. */
const bare = (object) => Object.assign(Object.create(null), object);

/**
 * @param {object} parts - of an OptionTable; all but `kinds` may be left out
 * @returns {OptionTable}
 */
function optionTable({call, example, owner, kinds, refused = {}, unused = {}, isOpen = false}) {
    return {call, example, owner, kinds: bare(kinds), refused: bare(refused), unused: bare(unused), isOpen};
}

class OptionChecker {
    #logger;
    /** Unknown names that have been warned about. */
    #warned = new Set();

    /** @param {{warn: Function}} logger */
    constructor(logger) {
        this.#logger = logger;
    }

    /**
     * @param {OptionTable} table
     * @param {unknown} given
     * @param {string} [name] - the job that the options belong to
     * @throws {IncorrectUsageError} INVALID_OPTION
     */
    check(table, given, name) {
        if (typeof given !== 'object' || given === null) {
            throw invalid(
                `${table.call} takes an object such as ${table.example}, got ${describeValue(given)}`
            );
        }
        const {kinds} = table;
        for (const key in given) {
            const value = given[key];
            if (value === undefined) {
                continue;
            }
            const kind = kinds[key];
            if (kind === undefined) {
                this.#unknown(table, key, name);
            } else if (!kind.accepts(value)) {
                throw invalid(
                    `${option(table, key, name)} must be ${kind.expected}, got ${describeValue(value)}`
                );
            } else if (kind.table !== undefined && holdsOptions(value)) {
                this.check(kind.table, value, name);
            }
        }
    }

    #unknown(table, key, name) {
        const instead = table.refused[key];
        if (instead !== undefined) {
            throw invalid(`${option(table, key, name)} is not known: ${instead}`);
        }
        const id = `${table.call} ${key}`;
        if (this.#warned.has(id)) {
            return;
        }
        // Once for each name and manager: a host may add thousands of jobs with the same option.
        this.#warned.add(id);
        const advice = adviceOn(table, key);
        if (advice !== undefined) {
            this.#logger.warn(`${option(table, key, name)} ${advice}`);
        }
    }
}

const holdsOptions = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

function adviceOn(table, key) {
    if (table.unused[key] !== undefined) {
        return `has no effect: ${table.unused[key]}`;
    }
    const meant = nearestName(key, Object.keys(table.kinds));
    if (meant !== undefined) {
        return `is not known and has no effect. Did you mean "${meant}"?`;
    }
    return table.isOpen ? undefined : `is not known and has no effect. ${WHERE}`;
}

const WHERE = 'The README of @tryghost/job-manager lists the options.';

const option = (table, key, name) => `The option "${key}" ${table.owner(name)}`;

/** The error for an option with an invalid value. */
function invalid(message) {
    return incorrectUsage({message, code: 'INVALID_OPTION', help: WHERE});
}

module.exports = {OptionChecker, optionTable, invalid};

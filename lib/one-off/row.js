'use strict';

/**
 * Reads columns of rows that a JobModel returns: Bookshelf models with `get(column)`, or plain objects.
 */

const {incorrectUsage} = require('../host/errors');

/** Statuses of a row whose job has ended. */
const OUTCOMES = new Set(['finished', 'failed']);

/** @returns {unknown} a column of a row; undefined if the row does not have it */
function columnOf(row, column) {
    const value = typeof row.get === 'function' ? row.get(column) : undefined;
    return value === undefined ? row[column] : value;
}

/**
 * @returns {string} the status of a row
 * @throws {IncorrectUsageError} INVALID_JOB_ROW, if the value is not a valid row
 */
function statusOf(row) {
    const status = columnOf(row, 'status');
    if (typeof status !== 'string') {
        throw invalidRow(`status is ${String(status)}`);
    }
    return status;
}

/**
 * @returns {unknown} the id of a row
 * @throws {IncorrectUsageError} INVALID_JOB_ROW
 */
function idOf(row) {
    const id = row.id ?? columnOf(row, 'id');
    if (id === undefined || id === null) {
        throw invalidRow(`id is ${id}`);
    }
    return id;
}

const invalidRow = (what) =>
    incorrectUsage({
        message:
            `JobModel.findOne returned a row whose ${what}. A row must have an "id", and a status by get('status') or as ` +
            `a property; if there is no row, findOne must return null.`,
        code: 'INVALID_JOB_ROW'
    });

module.exports = {OUTCOMES, columnOf, idOf, statusOf};

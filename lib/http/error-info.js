'use strict';

const LONGEST = 2_000;

/** @param {unknown} error - of a job, which may throw anything @returns {{name: string, message: string, code?: string}} */
function errorInfo(error) {
    return {
        name: read(error, 'name') ?? 'Error',
        message: read(error, 'message') ?? '',
        code: read(error, 'code')
    };
}

function read(error, property) {
    try {
        const value = error?.[property];
        return value === undefined || value === null ? undefined : String(value).slice(0, LONGEST);
    } catch {
        return undefined;
    }
}

module.exports = {errorInfo};

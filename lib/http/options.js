'use strict';

/** The options of a dashboard. */

const {describeValue} = require('../host/describe-value');
const {nearestName} = require('../host/nearest-name');
const {OptionChecker, invalid, optionTable} = require('../host/options');
const {ACTIONS} = require('./access');

const kind = (expected, accepts) => ({expected, accepts});
const flag = kind('true or false', (value) => typeof value === 'boolean');
const text = kind('a string', (value) => typeof value === 'string');
const callable = kind('a function', (value) => typeof value === 'function');

const DASHBOARD = optionTable({
    call: 'createDashboard()',
    example: "{actions: ['run', 'cancel']}",
    owner: () => 'of createDashboard()',
    kinds: {
        basePath: kind(
            'a path such as "/dashboard"',
            (value) =>
                value === '' || (typeof value === 'string' && value.startsWith('/') && !/[?#]/.test(value))
        ),
        authorize: callable,
        actions: kind(
            "true, false, or a list such as ['run', 'cancel']",
            (value) => typeof value === 'boolean' || Array.isArray(value)
        ),
        title: text,
        timezone: kind('an IANA name such as "Europe/London"', isTimeZone),
        showData: flag,
        showOutput: flag,
        trustedOrigins: kind('a list of origins such as ["https://admin.example.com"]', (value) =>
            Array.isArray(value)
        ),
        redact: callable
    },
    refused: {
        readOnly: 'a dashboard is read-only; allow what may be done with "actions"',
        auth: 'write a function "authorize", which gets the request and gives true or false'
    }
});

const DEFAULTS = Object.freeze({
    basePath: '',
    actions: false,
    title: 'Jobs',
    showData: false,
    showOutput: true,
    trustedOrigins: []
});

function isTimeZone(value) {
    try {
        new Intl.DateTimeFormat('en', {timeZone: value}).format();
        return typeof value === 'string';
    } catch {
        return false;
    }
}

/**
 * @param {import('../../index')} jobManager
 * @param {object} given - options of `createDashboard`
 * @returns {object} the same, for `createSite`
 * @throws {IncorrectUsageError} INVALID_OPTION
 */
function dashboardOptions(jobManager, given = {}) {
    checkJobManager(jobManager, DASHBOARD.call);
    new OptionChecker(jobManager.bree.config.logger).check(DASHBOARD, given);
    if (Array.isArray(given.actions)) {
        checkActions(given.actions, DASHBOARD.call);
    }
    return given;
}

/** @param {unknown} jobManager @param {string} call - that takes one @throws {IncorrectUsageError} INVALID_OPTION */
function checkJobManager(jobManager, call) {
    if (typeof jobManager?.jobs !== 'function' || typeof jobManager.events?.on !== 'function') {
        throw invalid(`${call} takes a JobManager first, got ${describeValue(jobManager)}`);
    }
}

/** @param {unknown[]} actions @param {string} call - that takes them @throws {IncorrectUsageError} INVALID_OPTION */
function checkActions(actions, call) {
    for (const action of actions) {
        if (!ACTIONS.includes(action)) {
            const meant = typeof action === 'string' ? nearestName(action, ACTIONS) : undefined;
            const hint = meant === undefined ? '' : `. Did you mean "${meant}"?`;
            const known = ACTIONS.map((name) => `'${name}'`).join(', ');
            throw invalid(
                `The option "actions" of ${call} may have ${known}, got ${describeValue(action)}${hint}`
            );
        }
    }
}

/** Fills in what was left out. */
function siteOptions(given) {
    const stated = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const options = {...DEFAULTS, ...stated};
    return Object.freeze({
        ...options,
        basePath: options.basePath.replace(/\/+$/, ''),
        trustedOrigins: new Set(options.trustedOrigins.map(originOf))
    });
}

function originOf(value) {
    let url;
    try {
        url = new URL(value);
    } catch {
        // Refused below.
    }
    if (url === undefined || url.origin === 'null' || url.href !== `${url.origin}/`) {
        throw invalid(
            'The option "trustedOrigins" of createDashboard() takes origins such as "https://admin.example.com", got ' +
                describeValue(value)
        );
    }
    return url.origin;
}

module.exports = {checkActions, checkJobManager, dashboardOptions, siteOptions};

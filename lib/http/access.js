'use strict';

/**
 * Who may see and do what. Closed by default: without `authorize` only requests that come from this machine itself, and
 * were made for it, are answered; and nobody may do anything but look.
 */

const {HttpError, internalError} = require('./http-error');

const ACTIONS = Object.freeze(['run', 'pause', 'resume', 'cancel', 'retry']);
const NO_ACTIONS = Object.freeze([]);

/** Headers by which a proxy says that it passes on somebody else's request. They are never believed, only heeded. */
const PASSED_ON =
    /^(?:forwarded|via|x-forwarded(?:-.*)?|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|cf-connecting-ip|fly-client-ip)$/;
const LOOPBACK_ADDRESS = /^(?:::1|(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i;
/** A name that only this machine answers to, so that no page elsewhere can have made a browser use it (DNS rebinding). */
const LOOPBACK_HOST = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i;
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

const CONFIGURE =
    'To open it to others, pass "authorize" to createDashboard(), a function that says who may see it; docs/dashboard.md has examples';

/**
 * @typedef {object} Access
 * @property {ReadonlySet<string>} actions - that are allowed
 * @property {string} [user] - for the log
 */

/**
 * @param {import('./request').SiteRequest} request
 * @param {object} options - checked
 * @param {boolean} isTrusted - the peer has been checked otherwise: it could open a socket file
 * @returns {Promise<Access>}
 * @throws {HttpError} 401, 403, or 500
 */
async function accessOf(request, {authorize, actions}, isTrusted) {
    if (isTrusted) {
        return {actions: actionSet(actions)};
    }
    if (authorize === undefined) {
        checkDirect(request);
        return {actions: actionSet(actions)};
    }
    const given = await ask(authorize, request);
    const access = typeof given === 'object' && given !== null ? given : {read: given === true};
    if (access.read !== true) {
        throw denied(access);
    }
    const user = access.user === undefined ? undefined : String(access.user);
    return {actions: actionSet(access.actions ?? actions), user};
}

/** An error of the host's function is no answer to a client, whatever code it has. */
async function ask(authorize, {source}) {
    try {
        return await authorize(source);
    } catch (error) {
        throw internalError(error);
    }
}

function denied({authenticate}) {
    if (typeof authenticate === 'string') {
        return new HttpError(401, 'NOT_AUTHENTICATED', 'This needs a user name and a password, or a token', {
            headers: {'www-authenticate': authenticate}
        });
    }
    return new HttpError(
        403,
        'NOT_AUTHORIZED',
        'The function "authorize" of this dashboard does not let you see it'
    );
}

/** @param {boolean | string[] | undefined} actions @returns {ReadonlySet<string>} */
function actionSet(actions) {
    const list = actions === true ? ACTIONS : Array.isArray(actions) ? actions : NO_ACTIONS;
    return new Set(list.filter((action) => ACTIONS.includes(action)));
}

/** Without `authorize`: a peer on this machine that asks for itself, by a name of this machine. */
function checkDirect({peer, headers, host}) {
    const passedOn = Object.keys(headers).find((name) => PASSED_ON.test(name));
    if (passedOn !== undefined) {
        throw closed(`this one was passed on by a proxy (it has the header "${passedOn}")`);
    }
    if (!peer.isLocal && !LOOPBACK_ADDRESS.test(peer.address ?? '')) {
        throw closed(
            peer.address === undefined
                ? 'the address that this one came from is not known'
                : `this one came from ${peer.address}`
        );
    }
    if (!LOOPBACK_HOST.test(host ?? '')) {
        throw closed(
            host === undefined
                ? 'this one names no host'
                : `this one is for the host "${host}", which is no name of the loopback interface`
        );
    }
}

const closed = (why) =>
    new HttpError(403, 'LOCAL_ONLY', `Only direct requests from this machine are answered, and ${why}`, {
        help: CONFIGURE
    });

/**
 * Refuses what a page of another site has made a browser send. A browser itself says where a request comes from
 * (`Sec-Fetch-Site`, which no script can set), or else the origin of its page; what says neither is no browser's, unless it
 * is a very old one, and must have an `Authorization` header, which no foreign page can add.
 *
 * @param {import('./request').SiteRequest} request
 * @param {ReadonlySet<string>} trustedOrigins
 * @throws {HttpError} 403 CROSS_SITE
 */
function checkSite({method, headers, host}, trustedOrigins) {
    const {origin, authorization, 'sec-fetch-site': site, 'sec-fetch-mode': mode} = headers;
    if (origin !== undefined && trustedOrigins.has(origin)) {
        return;
    }
    if (READING.has(method)) {
        // A link may lead here; nothing else of a foreign page may.
        if (site === 'cross-site' && mode !== 'navigate') {
            throw foreign('a page of another site has made it');
        }
        return;
    }
    if (site !== undefined) {
        if (site !== 'same-origin' && site !== 'none') {
            throw foreign(`it comes from another site (Sec-Fetch-Site is "${site}")`);
        }
    } else if (origin !== undefined) {
        if (!isOriginOf(origin, host)) {
            throw foreign(`it comes from a page of "${origin}", and was sent to "${host}"`);
        }
    } else if (!authorization) {
        throw foreign('it has none of the headers Sec-Fetch-Site, Origin and Authorization');
    }
}

const foreign = (why) =>
    new HttpError(403, 'CROSS_SITE', `The request was refused because ${why}`, {
        help:
            'If a page of yours is under another origin, pass that in "trustedOrigins"; a program sends an Authorization header, ' +
            'or uses the Unix socket of @tryghost/job-manager/control'
    });

function isOriginOf(origin, host) {
    try {
        const page = new URL(origin);
        return page.host !== '' && page.host === new URL(`${page.protocol}//${host}`).host;
    } catch {
        // 'null', or no host.
        return false;
    }
}

/**
 * @param {Access} access
 * @param {string} action
 * @throws {HttpError} 403 ACTION_NOT_ALLOWED
 */
function checkAction({actions}, action) {
    if (!actions.has(action)) {
        throw new HttpError(403, 'ACTION_NOT_ALLOWED', `The action "${action}" is not allowed here`, {
            help: `Allow it with the option "actions" of createDashboard(), such as actions: ['${action}'], or with "actions" of what "authorize" gives`
        });
    }
}

module.exports = {ACTIONS, accessOf, checkAction, checkSite};

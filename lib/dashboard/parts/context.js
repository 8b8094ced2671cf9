'use strict';

const {stripVTControlCharacters} = require('node:util');
const {html} = require('../html');
const {absolute, clock, duration, relative} = require('../words');
const {shownJson} = require('./redact');

/**
 * @typedef {object} View what a page is made of
 * @property {import('../../../index')} jobManager - its public interface is all that pages use
 * @property {import('../../http/cluster-reader').ClusterState} [cluster] - absent for a host that is in none
 * @property {(id: string) => Promise<import('../../../index').ClusterRun | undefined>} [clusterRun] - rejects if the queue does not answer
 * @property {Record<string, string>} params - of the pattern, decoded
 * @property {URLSearchParams} query
 * @property {{actions: Set<string>, user?: string}} access - what this visitor may do: 'run', 'pause', 'resume', 'cancel', 'retry'
 * @property {string} root - leads from the page to the mount: '', '../', '../../'
 * @property {{title?: string, timezone?: string, showData?: boolean, showOutput?: boolean,
 *   redact?: (value: unknown, where: string) => unknown}} [options]
 * @property {string} [flash] - the code of what an action has come to
 * @property {{path: string}} [request] - the path below the mount
 */

/** Names that a browser takes for a step up, or for nothing, also where they are percent-encoded. */
const STEP = /^~*\.{1,2}$/;

/** @returns {string} a name as a segment of a URL; the handler takes the '~' of a step away */
const segment = (name) => encodeURIComponent((STEP.test(name) ? `~${name}` : name).toWellFormed());

/** A view, with what all parts of a page ask for. */
class Context {
    /**
     * @param {View} view
     * @param {number} [nowMs]
     */
    constructor(view, nowMs = Date.now()) {
        const {jobManager, params = {}, query = new URLSearchParams(), root = '', options = {}, flash} = view;
        this.jobManager = jobManager;
        this.cluster = view.cluster;
        this.clusterRun = view.clusterRun ?? (async () => undefined);
        this.params = params;
        this.query = query;
        this.root = root;
        this.options = options;
        this.flash = flash;
        this.user = view.access?.user;
        this.actions = view.access?.actions ?? new Set();
        this.path = view.request?.path ?? '';
        this.nowMs = nowMs;
        this.stats = jobManager.stats();
        /** Where a form leads back to. */
        this.back = backOf(this.path, query);
    }

    /** The zone that times are shown in, before a browser shows them in its own. */
    get timezone() {
        return this.options.timezone;
    }

    /** A link to a page. @param {string} path - of the page, encoded */
    to(path) {
        return `${this.root}${path}` || './';
    }

    jobUrl(name) {
        return this.to(`jobs/${segment(name)}`);
    }

    runUrl(id) {
        return this.to(`runs/${segment(id)}`);
    }

    /** This page with other parameters; those that are undefined or '' are left out. */
    withQuery(changes) {
        const query = new URLSearchParams(this.query);
        query.delete('flash');
        for (const [name, value] of Object.entries(changes)) {
            if (value === undefined || value === '') {
                query.delete(name);
            } else {
                query.set(name, value);
            }
        }
        const text = query.toString();
        // Without a question mark the parameters of the page would stay.
        return `?${text}`;
    }

    /** A link to a job. Its name may be long, or written from right to left. */
    job(name) {
        return html`<a class="clip" href="${this.jobUrl(name)}" title="${name}"><bdi>${name}</bdi></a>`;
    }

    /** How long ago or ahead. @param {Date | undefined} date */
    ago(date) {
        return (
            date &&
            html`<time
                datetime="${date.toISOString()}"
                data-as="relative"
                title="${absolute(date, this.timezone)}"
                >${relative(date.getTime(), this.nowMs)}</time
            >`
        );
    }

    /** Time of day, with its date if that is not today. @param {Date | undefined} date */
    clock(date) {
        return (
            date &&
            html`<time
                datetime="${date.toISOString()}"
                data-as="clock"
                title="${absolute(date, this.timezone)}"
                >${clock(date, this.nowMs, this.timezone)}</time
            >`
        );
    }

    /** @param {Date | undefined} date */
    absolute(date) {
        return (
            date &&
            html`<time datetime="${date.toISOString()}" data-as="absolute"
                >${absolute(date, this.timezone)}</time
            >`
        );
    }

    /** How long something has gone on. @param {Date} since */
    since(since) {
        return html`<time datetime="${since.toISOString()}" data-as="since"
            >${duration(Math.max(0, this.nowMs - since.getTime()))}</time
        >`;
    }

    /** The error of a run, as it may be seen. @param {import('../../../index').RunInfo} run */
    errorOf({error}) {
        const {redact} = this.options;
        return error && redact ? redact({...error}, 'error') : error;
    }

    /** A value of a job, without what is probably secret. @param {string} where - such as 'result' */
    json(value, where, indent = 2) {
        return shownJson(value, {redact: this.options.redact, where, indent});
    }

    /** Text that a job has written, without the escape sequences of terminals. @param {string} where - such as 'output' */
    text(value, where) {
        const {redact} = this.options;
        return stripVTControlCharacters(String(redact ? redact(value, where) : value));
    }
}

function backOf(path, query) {
    const rest = new URLSearchParams(query);
    rest.delete('flash');
    const text = rest.toString();
    return `${path.replace(/^\/+/, '')}${text && `?${text}`}`;
}

module.exports = {Context, segment};

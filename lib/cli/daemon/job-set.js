'use strict';

/** The jobs of a daemon: those that its configuration has, whatever it had before. */

const {isDeepStrictEqual} = require('node:util');

/** A run in one of these states goes on under the definition that it began with. */
const GOING = new Set(['running', 'stopping', 'retrying']);
const NOTE = 'its definition has changed: waits for the end of its run';

/** Functions are compared by their source, since a file that is read again gives new ones; URLs by their text. */
function comparable(value) {
    if (typeof value === 'function' || value instanceof URL) {
        return `${typeof value} ${value}`;
    }
    if (Array.isArray(value)) {
        return value.map(comparable);
    }
    const isPlain =
        typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
    return isPlain
        ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, comparable(part)]))
        : value;
}

/** @typedef {import('../config-check').Definition} Definition */

const isSame = (one, other) =>
    one.method === other.method && isDeepStrictEqual(comparable(one.job), comparable(other.job));

class JobSet {
    #manager;
    #log;
    /** @type {Map<string, Definition>} by the names of the jobs */
    #wanted = new Map();
    /** @type {Map<string, Definition>} those that are registered */
    #current = new Map();
    /** Jobs that are replaced or removed when their runs have ended. */
    #leaving = new Set();
    /** Changes happen one after the other. */
    #changes = Promise.resolve();

    /** @param {import('../../../index')} manager @param {{info: Function, error: Function}} log */
    constructor(manager, log) {
        this.#manager = manager;
        this.#log = log;
        const goOn = () => this.#goOn();
        manager.events.on('run ended', goOn);
        manager.events.on('attempt failed', goOn);
    }

    /**
     * @param {Definition[]} definitions - checked
     * @returns {Promise<{added: string[], changed: string[], removed: string[], unchanged: number}>} when each is registered, or
     *   waits for a run of its old definition
     */
    apply(definitions) {
        return this.#inTurn(async () => {
            this.#wanted = new Map(definitions.map((definition) => [definition.name, definition]));
            const added = [...this.#wanted.keys()].filter((name) => !this.#current.has(name));
            const removed = [...this.#current.keys()].filter((name) => !this.#wanted.has(name));
            const kept = [...this.#wanted.keys()].filter((name) => this.#current.has(name));
            const changed = kept.filter((name) => !isSame(this.#wanted.get(name), this.#current.get(name)));
            for (const name of [...removed, ...kept, ...added]) {
                await this.#settle(name);
            }
            return {added, changed, removed, unchanged: kept.length - changed.length};
        });
    }

    #inTurn(change) {
        const done = this.#changes.then(change);
        this.#changes = done.catch(() => {});
        return done;
    }

    #goOn() {
        if (this.#leaving.size === 0) {
            return;
        }
        const settleAll = async () => {
            for (const name of this.#leaving) {
                await this.#settle(name);
            }
        };
        this.#inTurn(settleAll).catch((error) => this.#log.error(error));
    }

    /** Makes what is registered under a name what is wanted, as far as that is possible now. */
    async #settle(name) {
        const wanted = this.#wanted.get(name);
        const current = this.#current.get(name);
        if (current === undefined) {
            return wanted && this.#add(wanted);
        }
        if (wanted !== undefined && isSame(wanted, current)) {
            return this.#stay(name);
        }
        const states = this.#manager.runs({job: name}).map(({state}) => state);
        if (states.some((state) => GOING.has(state))) {
            return this.#leave(name, {isRetrying: states.includes('retrying')});
        }
        return this.#replace(name, wanted);
    }

    async #add({name, method, job}) {
        await this.#manager[method]({...job, name});
        this.#current.set(name, this.#wanted.get(name));
    }

    /** It was about to leave, and its definition is what it was again. */
    async #stay(name) {
        if (this.#leaving.delete(name)) {
            await this.#endOwnPause(name);
        }
    }

    /** No new run of the old definition begins. An attempt that waits would be held by a pause, and is let go. */
    async #leave(name, {isRetrying}) {
        if (!this.#leaving.has(name)) {
            this.#leaving.add(name);
            this.#log.info(`Job "${name}" has changed: that holds when the run that goes has ended`);
        }
        if (isRetrying) {
            await this.#endOwnPause(name);
        } else if (this.#manager.job(name).paused === undefined) {
            await this.#manager.pauseJob(name, {note: NOTE});
        }
    }

    async #endOwnPause(name) {
        if (this.#manager.job(name)?.paused?.note === NOTE) {
            await this.#manager.resumeJob(name);
        }
    }

    async #replace(name, wanted) {
        const {paused} = this.#manager.job(name) ?? {};
        await this.#manager.removeJob(name);
        this.#current.delete(name);
        const wasLeaving = this.#leaving.delete(name);
        if (wanted === undefined) {
            return;
        }
        await this.#add(wanted);
        if (paused?.by === 'operator') {
            await this.#manager.pauseJob(name, {note: paused.note, by: 'operator'});
        }
        if (wasLeaving) {
            this.#log.info(`Job "${name}" goes by its new definition`);
        }
    }
}

module.exports = {JobSet};

'use strict';

const {spawn} = require('node:child_process');
const {once} = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const {setTimeout: wait} = require('node:timers/promises');

const BOOTED = /Ghost booted in ([\d.]+)s/;
const BOOT_LIMIT_MS = 120_000;
const FREED_AFTER_MS = 1_500;

/** A site: a folder with its content, its configuration and its database, as Ghost-CLI lays it out. */
class Site {
    /**
     * @param {object} parts
     * @param {string} parts.folder - of the site
     * @param {string} parts.ghost - of the Ghost
     * @param {string} parts.node - the program
     * @param {number} parts.port
     */
    constructor({folder, ghost, node, port}) {
        Object.assign(this, {folder, ghost, node, port});
        this.outcomesFile = path.join(folder, 'outcomes.txt');
    }

    /** Lays out the folder, and installs this package where adapters of the site are. */
    create(packages) {
        const content = path.join(this.folder, 'content');
        for (const name of ['adapters/jobs', 'data', 'images', 'logs', 'settings', 'themes', 'public']) {
            fs.mkdirSync(path.join(content, name), {recursive: true});
        }
        for (const theme of fs.readdirSync(path.join(this.ghost, 'content/themes'))) {
            fs.symlinkSync(
                path.join(this.ghost, 'content/themes', theme),
                path.join(content, 'themes', theme)
            );
        }
        fs.symlinkSync(this.ghost, path.join(this.folder, 'current'));
        for (const staged of fs.readdirSync(packages)) {
            const {name} = JSON.parse(fs.readFileSync(path.join(packages, staged, 'package.json'), 'utf8'));
            fs.cpSync(path.join(packages, staged), path.join(content, 'adapters/node_modules', name), {
                recursive: true
            });
        }
        fs.writeFileSync(this.adapter, "module.exports = require('@tryghost/job-manager/ghost-jobs');\n");
    }

    /** This package, as it is installed there. */
    get package() {
        return path.join(this.folder, 'content/adapters/node_modules/@tryghost/job-manager');
    }

    /** The file by which Ghost finds our adapter. */
    get adapter() {
        return path.join(this.folder, 'content/adapters/jobs/job-manager.js');
    }

    /** The file of an adapter's store. */
    get store() {
        return path.join(this.folder, 'content/data/jobs.db');
    }

    /** A new start of everything that jobs leave behind. */
    forgetJobs() {
        for (const name of fs.readdirSync(path.dirname(this.store))) {
            if (name.startsWith('jobs.db')) {
                fs.rmSync(path.join(path.dirname(this.store), name));
            }
        }
        fs.writeFileSync(this.outcomesFile, '');
    }

    /** @returns {{begun: string[], ended: string[]}} the ids of the jobs of the proof, each time that they were handled */
    outcomes() {
        const lines = fs.readFileSync(this.outcomesFile, 'utf8').trim().split('\n');
        const ids = (what) => lines.filter((line) => line.startsWith(what)).map((line) => line.split(' ')[1]);
        return {begun: ids('begun'), ended: ids('ended')};
    }

    /** On the server that `.ci/with-mariadb` has started, if it has, else in a file. */
    #database() {
        const server = process.env.JOB_MANAGER_TEST_MARIADB;
        if (server === undefined) {
            const filename = path.join(this.folder, 'content/data/ghost.db');
            return {client: 'better-sqlite3', connection: {filename}, useNullAsDefault: true};
        }
        const {hostname: host, port, username: user, password} = new URL(server);
        return {
            client: 'mysql',
            connection: {host, port: Number(port), user, password, database: path.basename(this.folder)}
        };
    }

    /** @param {object} [adapter] - configuration of ours; without it Ghost uses its own */
    #configure(adapter) {
        const jobs = adapter && {jobs: {active: 'job-manager', 'job-manager': adapter}};
        const configuration = {
            url: `http://127.0.0.1:${this.port}`,
            server: {host: '127.0.0.1', port: this.port, shutdownTimeout: 5_000},
            database: this.#database(),
            paths: {contentPath: path.join(this.folder, 'content')},
            logging: {level: 'info', transports: ['stdout']},
            mail: {transport: 'Direct'},
            // Nothing outside of this machine is asked.
            privacy: {useUpdateCheck: false, useGravatar: false, useRpcPing: false, useStructuredData: false},
            explore: {update_url: 'http://127.0.0.1:9', testimonials_url: 'http://127.0.0.1:9'},
            ...(jobs ? {adapters: jobs} : {})
        };
        fs.writeFileSync(path.join(this.folder, 'config.production.json'), JSON.stringify(configuration));
    }

    /**
     * Starts Ghost.
     *
     * @param {object} [adapter] - configuration of ours
     * @param {{soon?: string, env?: object}} [options] - `soon`: the type of a recurring job to draw for a time that is near
     * @returns {Promise<Running>} when it has booted
     */
    async boot(adapter, {soon = '', env} = {}) {
        this.#configure(adapter);
        const preload = path.join(__dirname, 'preload.js');
        const child = spawn(this.node, ['--expose-gc', '--require', preload, 'current/index.js'], {
            cwd: this.folder,
            env: {
                ...process.env,
                NODE_ENV: 'production',
                GHOST_FOLDER: this.ghost,
                GHOST_OUTCOMES: this.outcomesFile,
                GHOST_SOON: soon,
                ...env
            },
            stdio: ['ignore', 'pipe', 'pipe', 'ipc']
        });
        const running = new Running(child);
        await running.line(BOOTED, BOOT_LIMIT_MS);
        return running;
    }
}

/** A Ghost that runs. */
class Running {
    #messages = [];
    #waiting = [];
    /** What it has printed, with the time at which that was read. @type {{text: string, atMs: number}[]} */
    lines = [];

    constructor(child) {
        this.child = child;
        this.ended = once(child, 'exit');
        child.on('message', (message) => this.#note(this.#messages, message));
        for (const stream of [child.stdout, child.stderr]) {
            stream.setEncoding('utf8').on('data', (text) => {
                for (const line of text.split('\n').filter(Boolean)) {
                    this.#note(this.lines, {text: line, atMs: Date.now()});
                }
            });
        }
        child.once('exit', () => this.#waiting.splice(0).forEach((look) => look()));
    }

    #note(list, entry) {
        list.push(entry);
        this.#waiting.splice(0).forEach((look) => look());
    }

    async #until(what, find, limitMs) {
        const endMs = Date.now() + limitMs;
        for (;;) {
            const found = find();
            if (found !== undefined) {
                return found;
            }
            const isOver = this.child.exitCode !== null || this.child.signalCode !== null;
            if (isOver || Date.now() > endMs) {
                const output = this.lines.slice(-30).map(({text}) => text);
                throw new Error(`${isOver ? 'Ghost has ended' : 'too late'}: ${what}\n${output.join('\n')}`);
            }
            await new Promise((resolve) => {
                const timer = setTimeout(resolve, 1_000);
                this.#waiting.push(() => {
                    clearTimeout(timer);
                    resolve();
                });
            });
        }
    }

    /** @returns {Promise<{match: RegExpExecArray, atMs: number}>} the first line that it prints like this */
    line(pattern, limitMs = 30_000) {
        const find = () => {
            for (const {text, atMs} of this.lines) {
                const match = pattern.exec(text);
                if (match) {
                    return {match, atMs};
                }
            }
            return undefined;
        };
        return this.#until(pattern, find, limitMs);
    }

    /** @returns {Promise<object>} its next message `{what}` */
    message(what, limitMs = 30_000) {
        const find = () => {
            const index = this.#messages.findIndex((message) => message.what === what);
            return index === -1 ? undefined : this.#messages.splice(index, 1)[0];
        };
        return this.#until(what, find, limitMs);
    }

    /** Waits for something that no line announces. */
    async until(what, holds, limitMs = 30_000) {
        await this.#until(what, () => holds() || undefined, limitMs);
    }

    /** Dispatches jobs through Ghost's service. @returns {Promise<number>} ms until all are accepted */
    async dispatch(jobs) {
        const beganMs = performance.now();
        this.child.send({dispatch: jobs});
        await this.message('accepted');
        return performance.now() - beganMs;
    }

    /**
     * @returns {Promise<{ownKb: number, filesKb: number, heapKb: number}>} its memory, after a collection of garbage: what is its
     *   own, its share of what is mapped from files, and the objects of JavaScript, which are part of its own
     */
    async memory() {
        let heap;
        // More than once, and with a pause after each: pages that are free are given back in the background.
        for (let round = 0; round < 3; round += 1) {
            this.child.send({});
            ({heap} = await this.message('collected'));
            await wait(FREED_AFTER_MS);
        }
        const rollup = fs.readFileSync(`/proc/${this.child.pid}/smaps_rollup`, 'utf8');
        const kilobytes = (name) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(rollup)[1]);
        return {ownKb: kilobytes('Pss_Anon'), filesKb: kilobytes('Pss_File'), heapKb: heap.heapUsed / 1024};
    }

    /** Runs a script through the job manager of Ghost. */
    async runScript(file) {
        this.child.send({script: file});
        await this.message('script ended');
    }

    /** Starts our adapter in it, beside its own. */
    async load(file, config) {
        this.child.send({load: {file, config}});
        await this.message('loaded');
    }

    /** @returns {Promise<number>} ms from the signal to the exit */
    async stop(signal = 'SIGTERM') {
        const beganMs = performance.now();
        this.child.kill(signal);
        await this.ended;
        return performance.now() - beganMs;
    }
}

module.exports = {Site};

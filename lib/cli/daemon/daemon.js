'use strict';

/** A host of its own: runs the jobs of a configuration until it is told to stop. */

const path = require('node:path');
const {checkConfig, faultText} = require('../config-check');
const {readConfig} = require('../config-file');
const {EXIT, Failure} = require('../failure');
const {effort, reason} = require('../runs');
const {counted} = require('../text');
const {JobSet} = require('./job-set');
const {ServiceManager} = require('./service-manager');

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'];
const SIGNAL_NUMBERS = {SIGTERM: 15, SIGINT: 2};
const OF_SIGNALS = 128;
/** Due times alone keep a host alive only while there are some: a daemon without any waits for another configuration. */
const LONG_MS = 2 ** 30;
/** What cannot be changed while the daemon runs. */
const AT_START = ['manager', 'control', 'dashboard'];

const DEFAULT_DASHBOARD_PORT = 3_001;

class Daemon {
    #file;
    #log;
    #service;
    #config;
    #manager;
    #jobs;
    #reloads = Promise.resolve();
    #stopped;
    #exitCode;
    #isStopping = false;
    #alive;

    /** @param {string} file - the configuration @param {object} log */
    constructor(file, log) {
        this.#file = file;
        this.#log = log;
        this.#service = new ServiceManager(log);
        this.#exitCode = new Promise((resolve) => {
            this.#stopped = resolve;
        });
    }

    /**
     * @returns {Promise<number>} the exit code, when it has been told to stop and has done so
     * @throws {Failure} if it cannot begin
     */
    async run() {
        this.#alive = setInterval(() => {}, LONG_MS);
        // Before anything else: a signal may come while the configuration is being read.
        process.on('SIGHUP', () => this.#reload());
        STOP_SIGNALS.forEach((signal) => process.on(signal, () => this.#stop(signal)));
        const started = this.#start();
        this.#reloads = started.catch(() => {});
        try {
            await Promise.race([started, this.#exitCode]);
        } catch (error) {
            if (!this.#isStopping) {
                await this.#manager?.shutdown();
                clearInterval(this.#alive);
                throw failureOf(error);
            }
        }
        return this.#exitCode;
    }

    /** @throws {Failure} with each fault in a line */
    async #read() {
        const {faults, config} = await checkConfig(await readConfig(this.#file), this.#file);
        if (config === undefined) {
            const texts = faults.map((fault) => faultText(this.#file, fault));
            throw new Failure(texts.join('\n'), {exitCode: EXIT.usage, code: 'CONFIG_INVALID'});
        }
        return config;
    }

    async #start() {
        this.#config = await this.#read();
        const JobManager = require('../../../index');
        const {manager, definitions} = this.#config;
        this.#manager = new JobManager({logger: this.#log, ...manager});
        this.#manager.events.on('run ended', ({run}) => this.#logEnd(run));
        this.#jobs = new JobSet(this.#manager, this.#log);
        const listening = await this.#listen(this.#config);
        await this.#jobs.apply(definitions);
        this.#log.info([`${counted(definitions.length, 'job')} of ${this.#file}`, ...listening].join(', '));
        this.#service.ready(counted(definitions.length, 'job'));
    }

    /** @returns {Promise<string[]>} what it listens on */
    async #listen({control, dashboard}) {
        const listening = [];
        if (control !== false) {
            const options = {name: path.parse(this.#file).name, socket: runtimeSocket(), ...control};
            const {path: socket} = await require('../../control').listen(this.#manager, options);
            listening.push(`control socket ${socket}`);
        }
        if (dashboard !== false) {
            const {port = DEFAULT_DASHBOARD_PORT, host, ...options} = dashboard === true ? {} : dashboard;
            const server = await require('../../dashboard')
                .createDashboard(this.#manager, options)
                .listen({port, host});
            const {address, family, port: given} = server.address();
            listening.push(`dashboard http://${family === 'IPv6' ? `[${address}]` : address}:${given}/`);
        }
        return listening;
    }

    #logEnd(run) {
        const level = run.state === 'failed' ? 'warn' : 'info';
        const why = run.state === 'failed' ? ` (${reason(run)})` : '';
        this.#log[level](`Job "${run.job}" ${run.state} ${effort(run)}${why}, run ${run.id}`);
    }

    /** Reads the configuration again. One that has a fault changes nothing. */
    #reload() {
        this.#reloads = this.#reloads.then(async () => {
            if (this.#isStopping || this.#jobs === undefined) {
                return;
            }
            this.#service.reloading();
            try {
                await this.#apply(await this.#read());
            } catch (error) {
                const text =
                    error instanceof Failure ? [error.message, error.help].filter(Boolean).join('\n') : error;
                this.#log.error('The configuration was not read again, and nothing has changed:', text);
            }
            this.#service.ready(counted(this.#config.definitions.length, 'job'));
        });
    }

    async #apply(config) {
        const {manager, control, dashboard} = this.#config;
        const differing = AT_START.filter((key) => asText(config[key]) !== asText(this.#config[key]));
        if (differing.length > 0) {
            this.#log.warn(`Changes of ${differing.join(', ')} hold from the next start`);
        }
        const {added, changed, removed, unchanged} = await this.#jobs.apply(config.definitions);
        this.#config = {...config, manager, control, dashboard};
        const parts = [
            ...listed('added', added),
            ...listed('changed', changed),
            ...listed('removed', removed),
            `${unchanged} unchanged`
        ];
        this.#log.info(`The configuration was read again: ${parts.join('; ')}`);
    }

    /** The first signal shuts the manager down; the second one ends this process, and the kernel its jobs. */
    #stop(signal) {
        if (this.#isStopping) {
            this.#log.warn(`${signal} again: ends at once`);
            process.exit(OF_SIGNALS + SIGNAL_NUMBERS[signal]);
        }
        this.#isStopping = true;
        this.#log.info(`${signal}: shutting down`);
        this.#service.stopping();
        const shutdown = async () => {
            await this.#manager?.shutdown();
            return 0;
        };
        shutdown()
            .catch((error) => {
                this.#log.error(error);
                return EXIT.no;
            })
            .then((exitCode) => {
                this.#log.info('shut down');
                clearInterval(this.#alive);
                this.#stopped(exitCode);
            });
    }
}

/** What a daemon cannot begin for, unless that is a fault of this program. */
const failureOf = (error) =>
    error.code === undefined || error instanceof Failure
        ? error
        : new Failure(error.message, {code: error.code, help: error.help});

/** A service of systemd may have a folder of its own below /run, which its socket is at home in, whoever asks. */
function runtimeSocket({RUNTIME_DIRECTORY: folders = ''} = process.env) {
    const [folder] = folders.split(':');
    return folder === '' ? undefined : path.join(folder, 'control.sock');
}

/** Functions are compared by their source: those of a file that is read again are new ones. */
const asText = (value) =>
    JSON.stringify(value, (_, part) => (typeof part === 'function' ? String(part) : part)) ?? '';

const listed = (what, names) => (names.length === 0 ? [] : [`${what} ${names.join(', ')}`]);

module.exports = {Daemon};

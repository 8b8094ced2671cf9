'use strict';

const MICROSECONDS_IN_MS = 1_000;
const NANOSECONDS_IN_MICROSECOND = 1_000n;

/** Reports to systemd, if that has started this process with `Type=notify` or `notify-reload`; else does nothing. */
class ServiceManager {
    #socket;
    #log;
    #watchdog;

    /**
     * @param {{warn: Function}} log
     * @param {NodeJS.ProcessEnv} [env] - variables that are for this process alone are taken out of it: jobs inherit the rest
     */
    constructor(log, env = process.env) {
        this.#log = log;
        this.#socket = env.NOTIFY_SOCKET;
        const watchdogMs = Number(env.WATCHDOG_USEC) / MICROSECONDS_IN_MS;
        const isWatched = watchdogMs > 0 && (env.WATCHDOG_PID ?? `${process.pid}`) === `${process.pid}`;
        for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) {
            delete env[name];
        }
        if (this.#socket && isWatched) {
            // Twice as often as it must be, as sd_watchdog_enabled(3) advises.
            this.#watchdog = setInterval(() => this.#send('WATCHDOG=1'), watchdogMs / 2);
            this.#watchdog.unref();
        }
    }

    /** @param {string} status - a line that `systemctl status` shows */
    ready(status) {
        this.#send(`READY=1\nSTATUS=${status}`);
    }

    /** The configuration is read again; `ready` follows. */
    reloading() {
        const microseconds = process.hrtime.bigint() / NANOSECONDS_IN_MICROSECOND;
        this.#send(`RELOADING=1\nMONOTONIC_USEC=${microseconds}`);
    }

    stopping() {
        this.#send('STOPPING=1\nSTATUS=shutting down');
    }

    #send(report) {
        if (!this.#socket) {
            return;
        }
        try {
            require('../../native/binding').notifyService(this.#socket, report);
        } catch (error) {
            this.#log.warn(`systemd was not told "${report.split('\n')[0]}": ${error.message}`);
            clearInterval(this.#watchdog);
            this.#socket = undefined;
        }
    }
}

module.exports = {ServiceManager};

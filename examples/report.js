'use strict';

const {EventEmitter, once} = require('node:events');
const {isDeepStrictEqual} = require('node:util');

/**
 * What the quickstart sees of its jobs: prints each event as it happens, counts runs, and knows which outcome
 * of each job is the documented one.
 */
module.exports = class Report extends EventEmitter {
    #jobs = new Map();
    #startedAtMs = Date.now();
    #isMute = false;

    /** Prints nothing from now on. */
    mute() {
        this.#isMute = true;
    }

    /** Prints one line with the seconds since the start. */
    say(text) {
        if (this.#isMute) {
            return;
        }
        const seconds = ((Date.now() - this.#startedAtMs) / 1000).toFixed(2).padStart(5);
        console.log(`[${seconds} s] ${text}`);
    }

    /** Adds a job to the table with its documented outcome and the least number of its runs. */
    expect(name, kind, {outcome = 'finished', runs = 1} = {}) {
        const documented = {outcome, runs};
        this.#jobs.set(name, {name, kind, documented, runs: 0, outcome: '-', wrongFacts: undefined});
    }

    /**
     * Counts every run of a named job that completes, until the job manager is shut down. One that is still going then is
     * cancelled: that is no outcome of the job.
     */
    async follow(jobManager, name) {
        for (let isOver = false; !isOver;) {
            isOver = await jobManager.awaitCompletion(name).then(
                () => this.completed(name),
                (error) => this.#failed(name, error)
            );
        }
    }

    /** @returns {boolean} no further run follows */
    #failed(name, error) {
        if (error.code === 'MANAGER_SHUT_DOWN') {
            return true;
        }
        if (error.code === 'JOB_CANCELLED') {
            this.say(`${name}: cancelled by the shutdown`);
        } else {
            this.completed(name, `failed: ${error.message}`);
        }
        return false;
    }

    /** Notes that a run of a job completed. */
    completed(name, outcome = 'finished') {
        this.#jobs.get(name).runs += 1;
        this.#settle(name, outcome);
    }

    /** Notes that a job was refused at its registration. */
    refused(name, error) {
        this.#settle(name, `refused: ${error.message}`);
    }

    /** Notes what a job found among the files, and what it should have found. */
    found(name, facts, expectedFacts) {
        this.say(`${name}: ${JSON.stringify(facts)}`);
        if (!isDeepStrictEqual(facts, expectedFacts)) {
            this.#jobs.get(name).wrongFacts = `found ${JSON.stringify(facts)}`;
        }
    }

    /** Resolves when each job has run as often as documented. */
    async allReached() {
        for (const job of this.#jobs.values()) {
            while (job.runs < job.documented.runs) {
                await once(this, job.name);
            }
        }
    }

    /**
     * The table of the jobs, with the status of each one's row in the database.
     *
     * @param {(name: string) => Promise<string>} statusOf
     */
    async table(statusOf) {
        const rows = [['job', 'kind', 'runs', 'last outcome', 'row']];
        for (const {name, kind, runs, outcome} of this.#jobs.values()) {
            rows.push([name, kind, String(runs), outcome, await statusOf(name)]);
        }
        const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
        const line = (row) => row.map((cell, column) => cell.padEnd(widths[column])).join(' | ');
        return rows.map((row) => line(row).trimEnd()).join('\n');
    }

    /** One line for each job that did not go as documented. */
    deviations() {
        return [...this.#jobs.values()].flatMap(({name, documented, runs, outcome, wrongFacts}) => [
            ...(outcome === documented.outcome ? [] : [`${name}: "${outcome}", not "${documented.outcome}"`]),
            ...(runs >= documented.runs ? [] : [`${name}: ran ${runs} times, not ${documented.runs}`]),
            ...(wrongFacts ? [`${name}: ${wrongFacts}`] : [])
        ]);
    }

    #settle(name, outcome) {
        this.#jobs.get(name).outcome = outcome;
        this.say(`${name}: ${outcome}`);
        this.emit(name);
    }
};

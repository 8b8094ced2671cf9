'use strict';

/** What a server has refused is asked for again so much later. */
const RETRY_MS = {first: 250, most: 2_000};

/**
 * Claims due times until the server has taken them, those of a job one after the other: a due time has a run or is reported, also where the
 * memory of Redis is full, or PostgreSQL has ended a deadlock.
 */
class Claims {
    #slotsOf;
    #isWanted;
    #onError;
    /** Due times that have no answer yet, by the job. */
    #waiting = new Map();

    /**
     * @param {object} parts
     * @param {(name: string) => {noteNear: (name: string, dueMs: number) => void, claim: (name: string, dueMs: number) => Promise<void>}}
     *   parts.slotsOf - where the slots of a job go
     * @param {(name: string) => boolean} parts.isWanted - whether this host still shares the due times of a job
     * @param {(error: Error) => void} parts.onError
     */
    constructor({slotsOf, isWanted, onError}) {
        this.#slotsOf = slotsOf;
        this.#isWanted = isWanted;
        this.#onError = onError;
    }

    /** A due time has come near. */
    near(name, dueMs) {
        if (!this.#isWanted(name)) {
            return;
        }
        this.#slotsOf(name).noteNear(name, dueMs);
        const waiting = this.#waiting.get(name);
        if (waiting === undefined) {
            this.#waiting.set(name, [dueMs]);
            void this.#claimAll(name);
        } else {
            waiting.push(dueMs);
        }
    }

    async #claimAll(name) {
        const waiting = this.#waiting.get(name);
        let pauseMs = RETRY_MS.first;
        while (waiting.length > 0 && this.#isWanted(name)) {
            try {
                await this.#slotsOf(name).claim(name, waiting[0]);
                waiting.shift();
                pauseMs = RETRY_MS.first;
            } catch (error) {
                this.#onError(error);
                await new Promise((resolve) => setTimeout(resolve, pauseMs));
                pauseMs = Math.min(RETRY_MS.most, 2 * pauseMs);
            }
        }
        this.#waiting.delete(name);
    }
}

module.exports = {Claims};

'use strict';

const wait = require('node:timers/promises').setTimeout;

/** Of one check-in: its tries take ten seconds at most, with the pauses between them. */
const TRIES = 3;
const TRY_MS = 3_000;
const PAUSE_MS = 500;

/**
 * Hands check-ins to services, beside the jobs: nothing waits for that, and of what it does only a request that is on its
 * way keeps the process alive.
 */
class Delivery {
    #onFailed;
    /** The last check-in on its way, by service and job: a start must not overtake an end. @type {Map<object, Map<string, Promise<void>>>} */
    #last = new Map();

    /** @param {(failure: {job: string, service: string, error: unknown}) => void} onFailed */
    constructor(onFailed) {
        this.#onFailed = onFailed;
    }

    /**
     * @param {import('../check-ins').CheckInService} service
     * @param {import('../check-ins').CheckIn} checkIn - without its `signal`
     */
    deliver(service, checkIn) {
        const ofService = this.#last.get(service) ?? new Map();
        this.#last.set(service, ofService);
        // Runs of one job that overlap do not wait for each other.
        const key = checkIn.rid ?? checkIn.name;
        const before = ofService.get(key);
        const last = (before ?? Promise.resolve())
            .then(() => this.#attempt(service, checkIn))
            .then(() => {
                if (ofService.get(key) === last) {
                    ofService.delete(key);
                }
            });
        ofService.set(key, last);
    }

    async #attempt(service, checkIn) {
        for (let tries = 1; ; tries += 1) {
            try {
                await service.checkIn({...checkIn, signal: AbortSignal.timeout(TRY_MS)});
                return;
            } catch (error) {
                if (tries === TRIES || error?.isFinal) {
                    this.#onFailed({
                        job: checkIn.name,
                        service: String(service.service ?? 'a service'),
                        error
                    });
                    return;
                }
            }
            await wait(PAUSE_MS, undefined, {ref: false});
        }
    }
}

module.exports = {Delivery};

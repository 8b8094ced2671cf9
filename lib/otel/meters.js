'use strict';

const {common, ofMeasurement} = require('./attributes');

/** Of `messaging.process.duration`, as the semantic conventions advise, and longer ones: jobs take hours. */
const DURATION_BOUNDS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400];
const DELAY_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30];

/** What is measured of attempts. */
class Meters {
    #meter;
    #known;
    #instruments;

    /** @param {() => import('@opentelemetry/api').Meter} meter - asked at each use: the host may set its provider later */
    constructor(meter) {
        this.#meter = meter;
    }

    started(attempt) {
        this.#now().active.add(1, common(attempt));
    }

    /** @param {object} attempt @param {number} seconds */
    ended(attempt, seconds) {
        const {active, duration} = this.#now();
        active.add(-1, common(attempt));
        duration.record(seconds, ofMeasurement(attempt));
    }

    /** A run has begun so long after its due time. */
    delayed(job, seconds) {
        this.#now().delay.record(seconds, common({job}));
    }

    /** The instruments of the meter of now. */
    #now() {
        const meter = this.#meter();
        if (meter !== this.#known) {
            this.#known = meter;
            this.#instruments = {
                active: meter.createUpDownCounter('job_manager.runs.active', {
                    description: 'Attempts that go.',
                    unit: '{attempt}'
                }),
                duration: meter.createHistogram('messaging.process.duration', {
                    description: 'How long attempts take.',
                    unit: 's',
                    advice: {explicitBucketBoundaries: DURATION_BOUNDS}
                }),
                delay: meter.createHistogram('job_manager.start_delay', {
                    description: 'From the due time of a run to the first line of its job.',
                    unit: 's',
                    advice: {explicitBucketBoundaries: DELAY_BOUNDS}
                })
            };
        }
        return this.#instruments;
    }
}

module.exports = {Meters};

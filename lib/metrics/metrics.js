'use strict';

const {DEFAULTS} = require('./counters');

/** The metrics of a manager: collects what its parts count when somebody asks. */
class Metrics {
    #parts;
    #prefix;

    /**
     * @param {object} parts
     * @param {{prefix?: string}} [parts.options] - `metrics` of the manager
     * @param {string} parts.version - of this package
     * @param {import('./counters').Counters} parts.counters
     * @param {import('../native/binding').NativeManager} parts.native
     * @param {import('../jobs/registered-jobs').RegisteredJobs} parts.jobs
     * @param {import('../runs/inspection').Inspection} parts.inspection
     * @param {import('../runs/run-history').RunHistory} parts.history
     * @param {import('../inline/inline-jobs').InlineJobs} parts.inline
     * @param {import('../inline/inline-runner').InlineRunner} parts.runner
     * @param {() => import('../one-off/jobs-repository').JobsRepository | undefined} parts.rows
     * @param {() => import('../manager/clustering').Clustering | undefined} parts.clustering
     * @param {import('../store/kept-runs').KeptRuns} parts.kept
     */
    constructor(parts) {
        this.#parts = parts;
        this.#prefix = parts.options?.prefix ?? DEFAULTS.prefix;
    }

    /** @param {{format?: 'prometheus' | 'openmetrics'}} request - checked @returns {string} */
    text({format = 'prometheus'}) {
        // Loaded when it is needed: most hosts are never asked.
        const {metricsText} = require('./report');
        return metricsText(this.#facts(), {format, prefix: this.#prefix});
    }

    /** Where there is a store, it has the runs of handlers. */
    #lastKept(name) {
        const {jobs, kept} = this.#parts;
        const info = jobs.get(name)?.handler && kept.last(name)?.info();
        return info?.ended && {state: info.state, endedMs: info.ended.getTime()};
    }

    #facts() {
        const {version, counters, native, jobs, inspection, history, inline, runner, rows, clustering} =
            this.#parts;
        counters.label(
            jobs.names(),
            (name) => jobs.get(name) !== undefined,
            (name) => this.#lastKept(name)
        );
        const labelled = inspection.rowsOf([...counters.jobs.keys()]);
        const counts = native.counts();
        return {
            version,
            counters,
            engine: native.engineMetrics(),
            counts,
            rows: new Map(labelled.map((row) => [row.name, row])),
            hasOthers: labelled.length < counts.jobs,
            inline: {length: inline.length, running: inline.running, outcomes: runner.outcomes},
            rowWrites: rows()?.writes ?? {retries: 0, failures: 0},
            historyDropped: history.dropped,
            outputDroppedBytes: counts.outputDroppedBytes,
            cluster: clustering()?.recent
        };
    }
}

module.exports = {Metrics};

'use strict';

const {BreeFacade} = require('../events/bree-facade');
const {Completions} = require('../events/completions');
const {FailedAttempts} = require('../events/failed-attempts');
const {InlineRuns} = require('../events/inline-runs');
const {JobEvents} = require('../events/job-events');
const {HostEnvironment} = require('../host/host-environment');
const {JobListeners} = require('../host/job-listeners');
const {KeepAlive} = require('../host/keep-alive');
const {Lifecycle} = require('../host/lifecycle');
const {createLogger, prepareLogger} = require('../host/logging');
const {WarningLog} = require('../host/warning-log');
const {OptionChecker} = require('../host/options');
const {InlineJobs} = require('../inline/inline-jobs');
const {InlineRunner} = require('../inline/inline-runner');
const {JobDefaults} = require('../jobs/job-defaults');
const {bootVariables} = require('../jobs/node-flags');
const tables = require('../jobs/option-tables');
const {RegisteredJobs} = require('../jobs/registered-jobs');
const {newInstance} = require('../native/create-native');
const {packageVersion} = require('../native/native');
const {watchCheckIns} = require('../metrics/check-in-failures');
const {Counters} = require('../metrics/counters');
const {Metrics} = require('../metrics/metrics');
const {JobsRepository} = require('../one-off/jobs-repository');
const {OneOffJobs} = require('../one-off/one-off-jobs');
const {InlineTurns} = require('../runs/inline-turns');
const {Inspection} = require('../runs/inspection');
const {RunAnnouncements} = require('../runs/run-announcements');
const {Runs} = require('../runs/runs');
const {Steering} = require('../runs/steering');
const {Acceptance} = require('../store/acceptance');
const {KeptRuns} = require('../store/kept-runs');
const {Adding} = require('./adding');
const {Closing} = require('./closing');
const {eventHost} = require('./native-events');
const {adapterOf} = require('./cluster-option');
const {openNative} = require('./open-native');
const {Outcomes} = require('./outcomes');

/**
 * Makes the parts of a manager, and connects them: each is given what it uses. Where two parts use each other, the one that
 * is made first reads the other from `parts` when it needs it.
 *
 * @param {import('../job-manager')} manager
 * @param {import('../../index').Options | undefined} options - of the constructor, not checked
 * @param {{pump: (manager: object) => void, methods: object}} own - `pump` takes the manager's events; `methods` as for
 *   `Outcomes`
 * @returns {object} the parts, by name
 * @throws {IncorrectUsageError} INVALID_OPTION
 * @throws {StoreError} STORE_...: the store cannot be opened
 */
function createParts(manager, options, own) {
    prepareLogger();
    const warnings = new WarningLog();
    const logger = warnings.keeping(createLogger(options?.logger));
    const parts = {logger, warnings, checker: new OptionChecker(logger), listeners: new JobListeners(logger)};
    const checked = check(parts.checker, options ?? {});
    if (checked.JobModel) {
        // A property of the manager, as in the old package: hosts and their tests read and replace it.
        manager._jobsRepository = new JobsRepository(checked.JobModel, {timeoutMs: checked.modelTimeout});
    }
    // Leads the ids of runs.
    parts.instance = newInstance();
    parts.adapter = adapterOf(checked);
    parts.defaults = new JobDefaults(checked.job);
    parts.failedAttempts = new FailedAttempts();
    parts.outcomes = new Outcomes(manager, parts, checked, own.methods);
    parts.adding = new Adding(parts, checked);
    parts.closing = new Closing(parts);
    addInlineQueue(parts, checked);
    const {native, hasStore} = openNative(manager, checked, {
        pump: own.pump,
        ...parts,
        clusterLeadMs: parts.adapter?.lead
    });
    parts.native = native;
    parts.acceptance = hasStore ? new Acceptance(native) : undefined;
    parts.kept = new KeptRuns(native);
    parts.settle = (send) => {
        const settled = parts.events.request(send);
        parts.keepAlive.hold();
        return settled;
    };
    parts.keepAlive = new KeepAlive(native, manager, () => parts.events.pump(), checked.unref);
    addRegistration(manager, parts, checked);
    addRuns(manager, parts, checked);
    parts.metrics = new Metrics({
        ...parts,
        options: checked.metrics,
        version: packageVersion(),
        history: parts.runs.history,
        rows: () => manager._jobsRepository,
        clustering: () => parts.clustering
    });
    if (parts.adapter !== undefined) {
        // Loaded only where it is used.
        const {Clustering} = require('./clustering');
        parts.clustering = new Clustering(parts, parts.adapter, checked);
    }
    parts.lifecycle = new Lifecycle({
        inline: parts.inline,
        logger,
        stopWorkers: (timeoutMs, waiting) => parts.closing.stopWorkers(timeoutMs, waiting),
        droppedRuns: () => parts.runs.dropped,
        rows: () => manager._jobsRepository,
        leaveCluster: (timeoutMs) => parts.closing.leaveCluster(timeoutMs),
        onShuttingDown: () => parts.announcements.shuttingDown(),
        onShutDown: () => parts.closing.finish()
    });
    return parts;
}

function check(checker, options) {
    checker.check(tables.MANAGER, options);
    for (const [name, queue] of Object.entries(options.queues ?? {})) {
        checker.check(tables.QUEUE, queue, name);
    }
    return options;
}

function addInlineQueue(parts, {inlineConcurrency}) {
    const {logger, outcomes} = parts;
    parts.inline = new InlineJobs(inlineConcurrency);
    parts.runner = new InlineRunner(parts.inline, logger, {
        onStarted: outcomes.inlineStarted.bind(outcomes),
        onEnded: outcomes.inlineEnded.bind(outcomes),
        traceOf: (name, turn) => parts.turns.traceOf(name, turn)
    });
    parts.completions = new Completions(
        logger,
        (name) =>
            parts.jobs.isComing(name) ||
            !parts.inline.isIdle ||
            parts.clustering?.oneOffs.isComing(name) === true
    );
}

/** What registers jobs, and takes the events of the native side. */
function addRegistration(manager, parts, options) {
    const {native, logger, outcomes, settle} = parts;
    const {worker, timezone, dst, gracePeriod, execPath, unref, staleAfter} = options;
    parts.oneOffs = new OneOffJobs(() => manager._jobsRepository, {
        staleAfterMs: staleAfter,
        report: (error, name) => outcomes.databaseFailed(error, name),
        warn: (message) => logger.warn(message)
    });
    parts.environment = new HostEnvironment(native, bootVariables);
    parts.bree = new BreeFacade(() => parts.jobs, {worker, logger, timezone});
    parts.bree.on('worker created', (name) => void outcomes.started(name));
    parts.inlineRuns = new InlineRuns(native);
    parts.events = new JobEvents(native, parts.bree, eventHost(parts));
    parts.jobs = new RegisteredJobs({
        native,
        bree: parts.bree,
        logger,
        environment: parts.environment,
        defaults: {
            timezone,
            dst,
            gracePeriod,
            execPath,
            unref,
            clustering: parts.adapter && (() => parts.clustering)
        },
        checker: parts.checker,
        queues: options.queues ?? {},
        accept: (name) => parts.lifecycle.assertOpen(name),
        settle,
        completions: parts.completions,
        inlineRuns: (registered) => parts.runner.runsOf(registered),
        onChange: () => parts.keepAlive.hold(),
        onAdded: (registered) => {
            parts.inspection.added(registered);
            parts.clustering?.added(registered);
        },
        onRemoved: (registered) => {
            parts.inspection.removed(registered);
            parts.clustering?.removed(registered);
        },
        onPast: (registered) => parts.runs.past(registered),
        onRun: () => parts.keepAlive.pump()
    });
}

/** What the host sees of runs, and how it steers them. */
function addRuns(manager, parts, {history, metrics}) {
    const {native, instance, jobs, logger, inline, kept, keepAlive, settle} = parts;
    parts.announcements = new RunAnnouncements({listeners: parts.listeners, native, instance});
    parts.counters = new Counters(metrics, logger);
    watchCheckIns(parts.listeners, parts);
    const runs = new Runs({
        native,
        announcements: parts.announcements,
        history,
        instance,
        logger,
        jobs,
        failed: parts.failedAttempts,
        accept: (name) => parts.lifecycle.assertOpen(name),
        settle,
        acceptance: parts.acceptance,
        kept,
        counters: parts.counters,
        onAsked: ({handler}) => (handler ? keepAlive.holdFor() : keepAlive.pump()),
        onGiven: (id) => parts.clustering?.given(id),
        onAttemptFailed: parts.adapter && ((id, next) => parts.clustering.attemptFailed(id, next)),
        onEnded: parts.adapter && ((id, end) => parts.clustering.runEnded(id, end))
    });
    parts.runs = runs;
    parts.turns = new InlineTurns({
        native,
        instance,
        jobs,
        runs,
        queue: inline,
        runner: parts.runner,
        inlineRuns: parts.inlineRuns,
        counters: parts.counters
    });
    parts.inspection = new Inspection({
        announcements: parts.announcements,
        logger,
        native,
        jobs,
        runs,
        kept,
        manager: {
            instance,
            sinceMs: Date.now(),
            version: packageVersion(),
            inline,
            rowsPending: () => manager._jobsRepository?.pending ?? 0,
            state: () => parts.lifecycle.state
        }
    });
    parts.steering = new Steering({
        native,
        jobs,
        runs,
        settle,
        addOneOff: (job) => manager.addOneOffJob(job),
        oneOffRun: (name) => parts.clustering?.oneOffs.asked(name),
        onChanged: () => keepAlive.pump()
    });
}

module.exports = {createParts};

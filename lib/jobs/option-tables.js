'use strict';

/**
 * The options that a host may pass: their names, their values, and the advice for other names. The types in index.d.ts
 * and the README describe the same options.
 */

const {types} = require('node:util');
const {optionTable} = require('../host/options');
const {JOB_STATES, RUN_STATES} = require('../host/states');

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';
const isWhole = (value, least, most) => Number.isInteger(value) && value >= least && value <= most;
const MOST_COUNTED = 2 ** 31 - 1;

const kind = (expected, accepts, table) => ({expected, accepts, table});

const anything = kind('anything', () => true);
const text = kind('a string', (value) => typeof value === 'string');
const optionalText = kind('a string', (value) => typeof value === 'string' || value === null);
const program = kind('the path of a node binary', (value) => typeof value === 'string' && value !== '');
const flag = kind('true or false', (value) => value === true || value === false);
const array = kind('an array of strings', Array.isArray);
const milliseconds = kind(
    'a number of milliseconds from 0 up, such as 5000',
    (value) => typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER
);
const count = (least, most = MOST_COUNTED) =>
    kind(`a whole number from ${least} up`, (value) => isWhole(value, least, most));
const megabytes = kind(
    'a number of megabytes above 0, such as 256',
    (value) => typeof value === 'number' && value > 0 && value <= Number.MAX_SAFE_INTEGER
);
/** An option that the package that we replace also has: null and false count as absent, as they do there. */
const optional = (expected, accepts, table) =>
    kind(expected, (value) => value === null || value === false || accepts(value), table);
const oneOf = (...values) =>
    kind(
        values
            .map((value) => `'${value}'`)
            .join(', ')
            .replace(/, ([^,]*)$/, ' or $1'),
        (value) => values.includes(value)
    );

/** By its name, or by its path when it has none. */
const ofJob = (name) => (typeof name === 'string' && name !== '' ? `of job "${name}"` : 'of a job');

const IN_A_PROCESS = 'an offloaded job runs in a process of its own';
const RESOURCE_LIMITS = optionTable({
    call: 'resourceLimits',
    owner: (name) => `in "worker.resourceLimits" ${name === undefined ? 'of the manager' : ofJob(name)}`,
    kinds: Object.fromEntries(
        ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb'].map(
            (key) => [
                key,
                kind('a number of megabytes', (value) => typeof value === 'number' && !Number.isNaN(value))
            ]
        )
    )
});

/** `worker`, of the manager or of a job: the options of a Worker that a process has too. */
const WORKER = optionTable({
    call: 'worker',
    owner: (name) => `in "worker" ${name === undefined ? 'of the manager' : ofJob(name)}`,
    kinds: {
        // SHARE_ENV is a symbol.
        env: kind(
            'an object of environment variables',
            (value) => (isObject(value) && !Array.isArray(value)) || typeof value === 'symbol'
        ),
        argv: array,
        execArgv: array,
        resourceLimits: kind('an object such as {maxOldGenerationSizeMb: 256}', isObject, RESOURCE_LIMITS),
        stdout: flag,
        stderr: flag,
        workerData: kind(
            'an object, whose properties become those of every workerData (use "data" for another value)',
            isObject
        ),
        name: text
    },
    unused: {
        eval: 'give a function, or a path, as "job"',
        stdin: IN_A_PROCESS,
        trackUnmanagedFds: IN_A_PROCESS,
        transferList: `${IN_A_PROCESS}, to which nothing can be transferred`,
        type: IN_A_PROCESS
    }
});

const part = (least, most) =>
    kind(
        `a number from ${least} to ${most}`,
        (value) => typeof value === 'number' && value >= least && value <= most
    );
const ATTEMPTS = {least: 1, most: 1_000};

/** `backoff`, as an object. */
const BACKOFF = optionTable({
    call: 'backoff',
    owner: (name) => `in "backoff" ${ofJob(name)}`,
    kinds: {
        type: oneOf('fixed', 'exponential'),
        delay: milliseconds,
        factor: part(1, 1_000),
        max: milliseconds,
        jitter: part(0, 1)
    }
});
const isDelays = (value) =>
    value.length > 0 && value.length < ATTEMPTS.most && value.every((delay) => milliseconds.accepts(delay));
const RETRY = {
    attempts: kind(`a whole number from ${ATTEMPTS.least} to 1,000`, (value) =>
        isWhole(value, ATTEMPTS.least, ATTEMPTS.most)
    ),
    backoff: kind(
        'milliseconds from 0 up such as 5000, an array of 1 to 999 of them, an object such as ' +
            '{type: "exponential", delay: 1000}, or a function',
        (value) => (Array.isArray(value) ? isDelays(value) : milliseconds.accepts(value) || isObject(value)),
        BACKOFF
    ),
    // Unknown causes are reported by lib/jobs/retry-options.js.
    retryOn: kind("an array of causes such as ['exit', 'timeout']", Array.isArray),
    giveUpAfter: milliseconds
};

const wholeFrom = (least, most, or = '') =>
    kind(`a whole number from ${least} to ${most.toLocaleString('en')}${or}`, (value) =>
        isWhole(value, least, most)
    );
const priority = kind('a whole number from -100 to 100', (value) => isWhole(value, -100, 100));
/** What is watched and kept of the runs of a job. */
const WATCHED = {
    stallAfter: kind(
        'a number of milliseconds from 1,000 up',
        (value) => value >= 1_000 && milliseconds.accepts(value)
    ),
    warnAfter: milliseconds,
    history: kind(
        'a whole number from 0 to 1,000, or false',
        (value) => value === false || isWhole(value, 0, 1_000)
    ),
    keepResult: wholeFrom(0, 1024 * 1024, ' (bytes)'),
    logToHost: flag
};
const outputUse = oneOf('inherit', 'capture', 'both', 'ignore');
const OUTPUT_STREAMS = optionTable({
    call: 'output',
    owner: (name) => `in "output" ${name === undefined ? 'of the manager' : ofJob(name)}`,
    kinds: {stdout: outputUse, stderr: outputUse}
});
/** What becomes of what a job prints, and how much is kept of that and of its log. */
const OUTPUT = {
    output: kind(
        `${outputUse.expected}, or an object such as {stdout: 'inherit', stderr: 'capture'}`,
        (value) => outputUse.accepts(value) || (isObject(value) && !Array.isArray(value)),
        OUTPUT_STREAMS
    ),
    outputLimit: wholeFrom(0, 16 * 1024 * 1024, ' (bytes)')
};
const DESCRIBED = {
    description: kind(
        'a string of at most 500 characters',
        (value) => typeof value === 'string' && value.length <= 500
    ),
    tags: kind(
        'an array of at most 10 strings',
        (value) =>
            Array.isArray(value) &&
            value.length <= 10 &&
            value.every((tag) => typeof tag === 'string' && tag !== '')
    )
};
const PAUSES = {paused: flag, pauseAfterFailures: count(1)};

/** Of a job that several hosts have. */
const SHARED = {
    scope: oneOf('cluster', 'host'),
    onHostLoss: oneOf('redo', 'fail')
};

const SCHEDULE = {timezone: text, dst: oneOf('upstream')};
const RUN = {
    name: optionalText,
    // Invalid values are reported by lib/jobs/job-source.js.
    job: anything,
    data: anything,
    offloaded: flag,
    worker: kind('an object of worker options', isObject, WORKER),
    timeout: milliseconds,
    memoryLimitMb: megabytes,
    gracePeriod: milliseconds,
    execPath: program,
    context: flag,
    queue: text,
    priority,
    nice: wholeFrom(0, 19),
    ...RETRY,
    ...WATCHED,
    ...OUTPUT,
    ...DESCRIBED
};

/** Names that other schedulers give to `at`. */
const TIMES = ['cron', 'interval', 'schedule', 'every', 'repeat'];
const instead = (names, advice) => Object.fromEntries(names.map((name) => [name, advice]));
/** Names that others give to `attempts`. */
const OTHER_NAMES = instead(
    ['retries', 'retryLimit', 'maxRetries', 'maxAttempts'],
    'use "attempts", which counts the first try too'
);

const JOB = optionTable({
    call: 'addJob()',
    example: '{name: "report", at: "every 5 minutes", job: "./jobs/report.js"}',
    owner: ofJob,
    kinds: {
        ...RUN,
        ...SCHEDULE,
        // Invalid values are reported by lib/jobs/schedules.js.
        at: anything,
        overlap: oneOf('skip', 'queue', 'queue-one', 'allow', 'replace'),
        concurrency: count(1),
        missed: oneOf('once', 'skip'),
        startDeadline: milliseconds,
        ...SHARED,
        ...PAUSES,
        unref: flag
    },
    refused: {
        ...instead(TIMES, 'write it as "at", such as at: "every 5 minutes" or at: "0 30 2 * * *"'),
        path: 'write it as "job"'
    },
    unused: {staleAfter: 'it is an option of addOneOffJob()', ...OTHER_NAMES}
});

const REUSE = optionTable({
    call: 'reuse',
    owner: (name) => `in "reuse" ${ofJob(name)}`,
    kinds: {runs: count(1), idle: milliseconds, age: milliseconds, memoryMb: megabytes}
});

const HANDLER = optionTable({
    call: 'defineJob()',
    example: '{name: "resize", job: "./jobs/resize.js"}',
    owner: ofJob,
    kinds: {
        ...JOB.kinds,
        concurrency: count(1),
        maxWaiting: count(0),
        reuse: kind(
            'true, false, or an object such as {runs: 1000, idle: 30000}',
            (value) => typeof value === 'boolean' || (isObject(value) && typeof value !== 'function'),
            REUSE
        )
    },
    refused: JOB.refused,
    unused: {...JOB.unused, context: 'a handler is always called with its run'}
});
delete HANDLER.kinds.context;

const RUN_REQUEST = optionTable({
    call: 'runJob()',
    example: '{data: {id: 7}}',
    owner: (name) => `of a run ${typeof name === 'string' ? ofJob(name) : 'of a job'}`,
    kinds: {
        data: anything,
        id: kind('a string that is not empty', (value) => typeof value === 'string' && value !== ''),
        at: kind('a valid Date', (value) => types.isDate(value) && !Number.isNaN(value.getTime())),
        delay: milliseconds,
        priority,
        signal: kind('an AbortSignal', (value) => value instanceof AbortSignal),
        attempts: count(1),
        timeout: milliseconds
    }
});

const QUEUE = optionTable({
    call: 'queues',
    example: '{concurrency: 2}',
    owner: (name) => `of the queue "${name}"`,
    kinds: {concurrency: count(1)}
});

const ONCE = 'a one-off job is run once, as soon as it is added';
const ONE_OFF_JOB = optionTable({
    call: 'addOneOffJob()',
    example: '{name: "backup-2026", job: "./jobs/backup.js"}',
    owner: (name) => (typeof name === 'string' ? `of one-off job "${name}"` : 'of a one-off job'),
    kinds: {...RUN, ...SHARED, staleAfter: milliseconds},
    refused: {...instead(TIMES, ONCE), path: 'write it as "job"'},
    unused: {
        ...instead(
            [
                'at',
                'overlap',
                'concurrency',
                'missed',
                'startDeadline',
                'timezone',
                'dst',
                'unref',
                ...Object.keys(PAUSES)
            ],
            ONCE
        ),
        ...OTHER_NAMES
    }
});

/** Options that `job` of the manager may give for all jobs. */
const JOB_DEFAULTS = optionTable({
    call: 'job',
    owner: () => 'in "job" of the manager',
    kinds: {
        ...RETRY,
        ...WATCHED,
        ...OUTPUT,
        priority,
        nice: RUN.nice,
        timeout: milliseconds,
        memoryLimitMb: megabytes,
        gracePeriod: milliseconds,
        overlap: JOB.kinds.overlap,
        missed: JOB.kinds.missed,
        startDeadline: milliseconds,
        pauseAfterFailures: count(1)
    }
});

const HISTORY = optionTable({
    call: 'history',
    owner: () => 'in "history" of the manager',
    kinds: {
        perJob: wholeFrom(0, 1_000),
        total: wholeFrom(0, 1_000_000),
        maxAge: milliseconds
    }
});

const METRICS = optionTable({
    call: 'metrics',
    owner: () => 'in "metrics" of the manager',
    kinds: {
        maxJobs: wholeFrom(1, 100_000),
        prefix: kind(
            'a string of letters, digits, "_" and ":" that does not begin with a digit, such as "job_manager_"',
            (value) => typeof value === 'string' && /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(value)
        )
    }
});
const METRICS_REQUEST = optionTable({
    call: 'metrics()',
    example: "{format: 'openmetrics'}",
    owner: () => 'of metrics()',
    kinds: {format: oneOf('prometheus', 'openmetrics')}
});

const pageLimit = wholeFrom(1, 1_000);

const JOB_FILTER = optionTable({
    call: 'jobs()',
    example: "{state: 'running'}",
    owner: () => 'of jobs()',
    kinds: {
        name: text,
        state: oneOf(...JOB_STATES),
        tag: text,
        after: text,
        limit: pageLimit,
        sort: oneOf('name', 'due', 'lastRun')
    }
});

const RUN_FILTER = optionTable({
    call: 'runs()',
    example: "{job: 'backup', state: 'failed'}",
    owner: () => 'of runs()',
    kinds: {job: text, state: oneOf(...RUN_STATES), before: text, limit: pageLimit}
});

const instant = kind(
    'a Date or milliseconds since 1970',
    (value) => Number.isFinite(value) || (types.isDate(value) && !Number.isNaN(value.getTime()))
);
const UPCOMING = optionTable({
    call: 'upcoming()',
    example: '{limit: 10}',
    owner: () => 'of upcoming()',
    kinds: {from: instant, to: instant, limit: wholeFrom(1, 10_000)}
});

const by = oneOf('host', 'operator');
const pauseTable = (call) =>
    optionTable({
        call,
        example: "{note: 'until the migration is over'}",
        owner: () => `of ${call}`,
        kinds: {note: text, cancelRunning: flag, by}
    });
const PAUSE = pauseTable('pauseJob()');
const PAUSE_ALL = pauseTable('pauseAll()');
const RESUME = optionTable({
    call: 'resumeJob()',
    example: '{catchUp: true}',
    owner: () => 'of resumeJob()',
    kinds: {catchUp: flag}
});
const CANCEL = optionTable({
    call: 'cancelRun()',
    example: "{reason: 'not needed any more'}",
    owner: () => 'of cancelRun()',
    kinds: {reason: text}
});

const RUN_OUTPUT = optionTable({
    call: 'output()',
    example: '{from: 1024}',
    owner: () => 'of output()',
    kinds: {from: wholeFrom(0, Number.MAX_SAFE_INTEGER, ' (bytes)'), lines: flag}
});

const STORE = optionTable({
    call: 'store',
    owner: () => 'in "store" of the manager',
    kinds: {
        path: kind(
            'the path of a file, such as "data/jobs.db"',
            (value) => typeof value === 'string' && value !== ''
        ),
        durability: oneOf('normal', 'full'),
        onError: oneOf('refuse', 'memory'),
        orphanRuns: oneOf('keep', 'fail')
    }
});

const OF_EACH_JOB = 'pass it to addJob(), for each job, or as "job: {…}", for all jobs';
const MANAGER = optionTable({
    call: 'new JobManager()',
    example: '{errorHandler: (error, {name}) => console.error(name, error)}',
    owner: () => 'of new JobManager()',
    kinds: {
        errorHandler: optional('a function', (value) => typeof value === 'function'),
        workerMessageHandler: optional('a function', (value) => typeof value === 'function'),
        JobModel: optional('a model with findOne(), add() and edit()', isObject),
        domainEvents: optional('an object with dispatchRaw()', isObject),
        worker: optional('an object of worker options', isObject, WORKER),
        logger: optional('an object with info(), warn() and error()', isObject),
        inlineConcurrency: count(1),
        queues: kind('an object such as {mail: {concurrency: 2}}', isObject),
        job: kind('an object of options for all jobs, such as {attempts: 3}', isObject, JOB_DEFAULTS),
        history: kind('an object such as {perJob: 20, total: 10000}', isObject, HISTORY),
        metrics: kind("an object such as {maxJobs: 200, prefix: 'job_manager_'}", isObject, METRICS),
        store: optional(
            'the path of a file, such as "data/jobs.db", or an object such as {path: "data/jobs.db"}',
            (value) => (typeof value === 'string' && value !== '') || isObject(value),
            STORE
        ),
        cluster: kind('what bullmq() or database() of "@tryghost/job-manager/cluster" returns', isObject),
        outputBudget: wholeFrom(0, 1024 * 1024 * 1024, ' (bytes)'),
        maxWorkers: count(1),
        warmWorkers: kind("'auto' or a whole number from 0 up", (value) => {
            return value === 'auto' || isWhole(value, 0, MOST_COUNTED);
        }),
        gracePeriod: milliseconds,
        execPath: program,
        startTimeout: kind('a whole number of milliseconds from 1 up', (value) =>
            isWhole(value, 1, MOST_COUNTED)
        ),
        staleAfter: milliseconds,
        modelTimeout: kind('a whole number of milliseconds from 1 up', (value) =>
            isWhole(value, 1, MOST_COUNTED)
        ),
        ...SCHEDULE,
        unref: flag,
        config: anything,
        events: anything
    },
    unused: {
        ...instead([...TIMES, 'at'], 'pass it to addJob() as "at", for each job'),
        jobs: 'call addJob() for each job',
        timeout: OF_EACH_JOB,
        memoryLimitMb: OF_EACH_JOB,
        overlap: OF_EACH_JOB,
        ...instead([...Object.keys(RETRY), ...Object.keys(OUTPUT)], OF_EACH_JOB),
        concurrency: 'use "inlineConcurrency" for inline jobs, "maxWorkers" for processes',
        maxThreads: 'use "maxWorkers"',
        root: 'relative paths of jobs start at the working directory',
        logging: 'use "logger"',
        onError: 'use "errorHandler"',
        tz: 'use "timezone"'
    },
    // Hosts may pass options of their own; the documented examples pass `console`.
    isOpen: true
});

const SHUTDOWN = optionTable({
    call: 'shutdown()',
    example: '{timeout: 5000}',
    owner: () => 'of shutdown()',
    kinds: {
        timeout: kind(
            'a number of milliseconds from 0 up, or Infinity',
            (value) => typeof value === 'number' && value >= 0
        ),
        waiting: oneOf('finish', 'drop'),
        interval: anything
    }
});

const NEXT_RUNS = optionTable({
    call: 'nextRuns()',
    example: '{count: 3}',
    owner: () => 'of nextRuns()',
    kinds: {
        from: kind(
            'a valid Date or a number of milliseconds since 1970',
            (value) => (types.isDate(value) || typeof value === 'number') && !Number.isNaN(Number(value))
        ),
        count: kind('a whole number from 0 to 10,000', (value) => isWhole(value, 0, 10_000)),
        ...SCHEDULE
    }
});

module.exports = {
    CANCEL,
    HANDLER,
    JOB,
    JOB_FILTER,
    MANAGER,
    METRICS_REQUEST,
    NEXT_RUNS,
    ONE_OFF_JOB,
    PAUSE,
    PAUSE_ALL,
    QUEUE,
    RESUME,
    RUN_FILTER,
    RUN_OUTPUT,
    RUN_REQUEST,
    SHUTDOWN,
    UPCOMING
};

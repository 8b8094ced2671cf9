'use strict';

const {explainClosure} = require('../jobs/function-source');
const {FailureLog} = require('../events/failure-log');
const {safely} = require('../host/safe-call');

/**
 * What follows from the start and the end of a job: the host's handlers are called, its status row is written, and the
 * promises of `awaitCompletion` are settled.
 */
class Outcomes {
    #manager;
    #parts;
    #handlers;
    #failures;
    #logger;
    /** `_jobMessageHandler`, or undefined if a subclass overrides it. */
    #ownMessageHandler;
    /** To notice a method that the host has replaced. */
    #ownInlineJobHandler;

    /**
     * @param {import('../job-manager')} manager - its methods of these names may be the host's own
     * @param {object} parts - of the manager (lib/manager/parts.js)
     * @param {import('../../index').Options} options - `errorHandler`, `workerMessageHandler` and `domainEvents` are used
     * @param {{_jobMessageHandler: Function | undefined, inlineJobHandler: Function}} own - the methods of the class itself
     */
    constructor(manager, parts, {errorHandler, workerMessageHandler, domainEvents}, own) {
        this.#manager = manager;
        this.#parts = parts;
        this.#handlers = {errorHandler, workerMessageHandler, domainEvents};
        this.#logger = parts.logger;
        this.#failures = new FailureLog(parts.logger);
        this.#ownMessageHandler = own._jobMessageHandler;
        this.#ownInlineJobHandler = own.inlineJobHandler;
    }

    /** What `_jobMessageHandler` does unless it is overridden. */
    async message({name, message, result}) {
        if (!name) {
            return;
        }
        const repository = this.#repository;
        if (message === 'started') {
            if (repository) {
                await this.writeStatus(name, {status: 'started', started_at: new Date()});
            }
        } else if (message === 'done') {
            // Call this before anything is awaited: the current JobScope is known only until then.
            const completions = this.#parts.completions.ended(name);
            const isDecided =
                !repository || (await this.writeStatus(name, {status: 'finished', finished_at: new Date()}));
            if (isDecided) {
                completions.resolve(result);
            } else {
                completions.leave();
            }
        } else if (message?.event && this.#handlers.domainEvents) {
            await this.#handlers.domainEvents.dispatchRaw(message.event.type, message.event.data);
        }
    }

    /** What `_jobErrorHandler` does unless it is overridden. */
    async failure(error, meta) {
        const {name} = meta;
        const {completions, inline} = this.#parts;
        const ended = completions.ended(name);
        if (await this.writeStatus(name, {status: 'failed'})) {
            ended.reject(error);
        } else {
            ended.leave();
        }
        if (!('worker' in meta)) {
            inline.failed(error);
            inline.settle();
        }
    }

    /** A job has started. Returns the promise of what its message handler does. */
    started(name) {
        return this.#safely('A message handler', () =>
            this.#manager._jobMessageHandler({name, message: 'started'})
        );
    }

    /** An inline job is about to be called. With a JobModel, `started` is written first, because the job may fail at once. */
    inlineStarted(name) {
        const repository = this.#repository;
        const isHeeded = repository || this.#manager._jobMessageHandler !== this.#ownMessageHandler;
        const written = isHeeded && this.started(name);
        return repository && written;
    }

    /** An inline job has ended. Returns a promise only if something is left to be done about that. */
    inlineEnded(name, error, result, isRun) {
        if (isRun && error !== undefined) {
            this.#parts.clustering?.oneOffs.inlineFailed(name, error);
        }
        if (error !== undefined && name && !isRun) {
            this.#parts.runs.inlineFailed({name, error});
        }
        // The promises and closures of the handlers would cost more than the rest of a short job.
        return error === undefined && this.#isCompletionUnheeded(name)
            ? undefined
            : this.#callInlineHandler(name, error, result);
    }

    /** An offloaded run has completed. `readValue` gives its result, and is called only where somebody waits for it. */
    completed(name, readValue) {
        this.#safely('A message handler', () => {
            const value = this.#parts.completions.has(name) ? {result: readValue()} : undefined;
            return this.#manager._jobMessageHandler({name, message: 'done', ...value});
        });
    }

    /** An offloaded run has failed, or was ended by the host itself (`isRequested`). */
    failed(error, meta, {isRequested}) {
        explainClosure(error, meta.name, this.#parts.jobs.get(meta.name)?.job.job);
        if (!isRequested) {
            this.#reportFailure(error, meta);
        }
        this.#safely('An error handler', () => this.#manager._jobErrorHandler(error, meta));
    }

    /** A job has sent a message. */
    messaged({name, message, worker}) {
        const {workerMessageHandler} = this.#handlers;
        if (workerMessageHandler) {
            this.#safely('The workerMessageHandler', () => workerMessageHandler({name, message, worker}));
        }
        // 'done' is handled once the process has ended, and a handler has no row that 'started' could be written to.
        if (message !== 'done' && (worker !== undefined || message !== 'started')) {
            this.#safely('A message handler', () => this.#manager._jobMessageHandler({name, message}));
        }
    }

    /**
     * Writes a status after earlier writes of the job. Resolves once that has succeeded or failed for good; never rejects.
     *
     * @returns {Promise<boolean>} false for a run of the cluster that another host decides: nothing is written
     */
    async writeStatus(name, status) {
        const repository = this.#repository;
        if (!repository || !name) {
            return true;
        }
        const {clustering, oneOffs} = this.#parts;
        let isOurs = true;
        try {
            await repository.inOrder(name, async () => {
                isOurs = clustering === undefined || (await clustering.oneOffs.mayWrite(name));
                if (isOurs) {
                    await repository.updateByName(name, status, oneOffs.claimOf(name));
                }
            });
        } catch (error) {
            this.databaseFailed(error, name);
        }
        if (status.status !== 'started') {
            oneOffs.decided(name);
        }
        return isOurs || !clustering.oneOffs.areAnswered;
    }

    /** Reports a database error that remained after all retries. */
    databaseFailed(error, name) {
        this.#safely('The logger', () => this.#logger.error(error));
        this.#reportError(error, {name});
    }

    get #repository() {
        return this.#manager._jobsRepository;
    }

    #callInlineHandler(name, error, result) {
        return this.#safely('An inline job handler', () =>
            this.#manager.inlineJobHandler(name)(error, result)
        );
    }

    /** Whether nothing follows from the completion of an inline job: no row, no promise, no method of the host's. */
    #isCompletionUnheeded(name) {
        const manager = this.#manager;
        return (
            manager._jobsRepository === undefined &&
            !this.#parts.completions.has(name) &&
            manager._jobMessageHandler === this.#ownMessageHandler &&
            manager.inlineJobHandler === this.#ownInlineJobHandler
        );
    }

    #reportFailure(error, meta) {
        this.#reportError(error, meta);
        if (!this.#handlers.errorHandler) {
            const registered = this.#parts.jobs.get(meta.name);
            const recurring = registered?.when.kind === 'schedule' ? registered : undefined;
            this.#safely('The logger', () => this.#failures.failed(meta.name, error, recurring));
        }
    }

    #reportError(error, meta) {
        const {errorHandler} = this.#handlers;
        if (errorHandler) {
            this.#safely('The errorHandler', () => errorHandler(error, meta));
        }
    }

    #safely(what, call) {
        return safely(this.#logger, what, call);
    }
}

module.exports = {Outcomes};

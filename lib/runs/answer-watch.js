'use strict';

const {availableParallelism} = require('node:os');
const {onNextTurn} = require('../host/next-turn');

/** Runs that take longer are not waited for awake: what falling asleep and waking up cost is small beside them. */
const SHORT_MS = 0.15;
/** The most turns of the event loop, of about 1 µs each, that are spent on one run. */
const MOST_TURNS = 100;
/** Of so many runs, the first ones are waited for in the way that seems to be the worse one, to know whether it is. */
const RUNS_COMPARED = 256;
const RUNS_TRIED = 16;
/** What a run counts in the averages. */
const WEIGHT = 1 / 16;

const nowMs = performance.now.bind(performance);

/**
 * Decides how the host's event loop waits for the answer to the one run of a handler that goes: asleep, or turning until
 * the answer comes, at most 0.1 ms. Where a host asks for one run after another, and its machine has a processor to spare,
 * the loop is asleep just long enough for the processor to rest, and waking both up takes as long as the run itself.
 * Where other programs want that processor, turning delays the process that answers. Which it is, only times tell: both
 * ways are measured, and the quicker one is taken. What else the host has to do is served in these turns as in others.
 */
class AnswerWatch {
    /** What runs take in either way, smoothed, in ms; undefined at first. */
    #asleepMs;
    #awakeMs;
    #runs = 0;
    /** When the run was asked for; undefined while none or several go. */
    #askedMs;
    #isAwake = false;
    #turnsLeft = 0;
    #isTurning = false;
    #nowMs;
    #onNextTurn;
    #processors;

    /**
     * @param {object} [host] - for tests
     * @param {() => number} [host.now] - a monotonic clock, in ms
     * @param {(callback: () => void) => void} [host.nextTurn]
     * @param {() => number} [host.processors]
     */
    constructor({now = nowMs, nextTurn = onNextTurn, processors = countProcessors} = {}) {
        this.#nowMs = now;
        this.#onNextTurn = nextTurn;
        this.#processors = processors;
    }

    /**
     * A run of a handler in a process was asked for.
     *
     * @param {number} live - runs that have not ended, this one included
     */
    asked(live) {
        if (live > 1) {
            this.#askedMs = undefined;
            return;
        }
        this.#askedMs = this.#nowMs();
        this.#isAwake = this.#asleepMs < SHORT_MS && this.#processors() > 1 && this.#isAwakeNext();
        if (this.#isAwake) {
            this.#turnsLeft = MOST_TURNS;
            this.#turn();
        }
    }

    /** A run has ended. */
    ended() {
        if (this.#askedMs === undefined) {
            return;
        }
        const tookMs = this.#nowMs() - this.#askedMs;
        this.#askedMs = undefined;
        if (this.#isAwake) {
            this.#awakeMs = averageOf(this.#awakeMs, tookMs);
        } else {
            this.#asleepMs = averageOf(this.#asleepMs, tookMs);
        }
    }

    #isAwakeNext() {
        const isBetter = !(this.#awakeMs > this.#asleepMs);
        this.#runs = (this.#runs + 1) % RUNS_COMPARED;
        return this.#runs < RUNS_TRIED ? !isBetter : isBetter;
    }

    #turn() {
        if (!this.#isTurning) {
            this.#isTurning = true;
            this.#onNextTurn(this.#next);
        }
    }

    #next = () => {
        this.#isTurning = false;
        this.#turnsLeft -= 1;
        if (this.#askedMs !== undefined && this.#turnsLeft > 0) {
            this.#turn();
        }
    };
}

/** A run that is slow for once changes the average little. */
function averageOf(averageMs, tookMs) {
    if (averageMs === undefined) {
        return tookMs;
    }
    return averageMs + (Math.min(tookMs, 4 * SHORT_MS) - averageMs) * WEIGHT;
}

let processors;

/** With one alone no process can answer while the event loop turns. */
function countProcessors() {
    processors ??= availableParallelism();
    return processors;
}

module.exports = {AnswerWatch};

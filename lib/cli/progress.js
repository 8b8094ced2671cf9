'use strict';

const {formatTook} = require('./times');
const {fit, oneLine, widthOf} = require('./text');

const CELLS = 24;
const MOST_DRAWN_A_SECOND = 10;
const CLOCK_MS = 1_000;

const SAVE_CURSOR = '\u001b7';
const RESTORE_CURSOR = '\u001b8';
const CURSOR_UP = '\u001b[1A';
const CLEAR_LINE = '\u001b[2K';
const lastLine = (rows) => `\u001b[${rows};1H`;
const scrollUntil = (row) => `\u001b[1;${row}r`;

/** `[██████······]  50 %  note  12 s` */
function barText({value, note, elapsedMs}, width) {
    const full = Math.round(value * CELLS);
    const bar = `[${'█'.repeat(full)}${'·'.repeat(CELLS - full)}] ${String(Math.floor(value * 100)).padStart(3)} %`;
    const ending = `  ${formatTook(elapsedMs)}`;
    const room = width - widthOf(bar) - widthOf(ending) - 2;
    const shown = note && room > 3 ? `  ${fit(oneLine(note), room)}` : '';
    return fit(bar + shown + ending, width);
}

/**
 * A progress bar on the last line of a terminal. The lines above it scroll by themselves, so that it stays there whoever
 * else prints: a job prints to the terminal without asking this program.
 *
 * Nothing is drawn before the first progress.
 */
class ProgressBar {
    #stream;
    #nowMs;
    #startedMs;
    #progress;
    #drawnMs = -Infinity;
    #clock;
    #rows = 0;
    #onResize = () => {
        this.#reserve();
        this.#draw();
    };

    /** @param {NodeJS.WriteStream} stream - a terminal @param {() => number} [nowMs] */
    constructor(stream, nowMs = () => performance.now()) {
        this.#stream = stream;
        this.#nowMs = nowMs;
        this.#startedMs = nowMs();
    }

    /** @param {{value: number, note?: string}} progress - `value` from 0 to 1 */
    update(progress) {
        const isFirst = this.#progress === undefined;
        this.#progress = progress;
        if (isFirst) {
            this.#reserve();
            this.#stream.on('resize', this.#onResize);
            this.#clock = setInterval(() => this.#draw(), CLOCK_MS);
            this.#clock.unref();
        }
        const isEnd = progress.value >= 1;
        if (isFirst || isEnd || this.#nowMs() - this.#drawnMs >= CLOCK_MS / MOST_DRAWN_A_SECOND) {
            this.#draw();
        }
    }

    /** Gives the whole screen back. */
    close() {
        if (this.#progress === undefined) {
            return;
        }
        clearInterval(this.#clock);
        this.#stream.off('resize', this.#onResize);
        this.#progress = undefined;
        this.#stream.write(
            SAVE_CURSOR + scrollUntil(this.#rows) + lastLine(this.#rows) + CLEAR_LINE + RESTORE_CURSOR
        );
    }

    /** Takes the last line of the screen for the bar. Setting the scrolled region moves the cursor: hence the rest. */
    #reserve() {
        this.#rows = this.#stream.rows || 24;
        this.#stream.write(`\n${SAVE_CURSOR}${scrollUntil(this.#rows - 1)}${RESTORE_CURSOR}${CURSOR_UP}`);
    }

    #draw() {
        this.#drawnMs = this.#nowMs();
        const elapsedMs = this.#drawnMs - this.#startedMs;
        const text = barText({...this.#progress, elapsedMs}, (this.#stream.columns || 80) - 1);
        this.#stream.write(SAVE_CURSOR + lastLine(this.#rows) + CLEAR_LINE + text + RESTORE_CURSOR);
    }
}

/** Where nothing can be drawn. */
const NO_BAR = {update() {}, close() {}};

/** @param {import('./output').Output} output @param {NodeJS.WriteStream} [stream] */
const progressBar = (output, stream = process.stderr) =>
    output.isAnimated ? new ProgressBar(stream) : NO_BAR;

module.exports = {ProgressBar, barText, progressBar};

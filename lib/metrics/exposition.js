'use strict';

/**
 * Writes metrics as text: in the Prometheus format 0.0.4, or as OpenMetrics 1.0, where counters are declared without the
 * ending `_total`, units are named, numbers of buckets have a fraction, and a line marks the end.
 */

/** @typedef {[labels: string, value: number | undefined]} Sample - one without a value is left out */

const UNITS = ['seconds', 'bytes'];

class Exposition {
    #isOpen;
    #prefix;
    #lines = [];

    /** @param {{format: 'prometheus' | 'openmetrics', prefix: string}} options */
    constructor({format, prefix}) {
        this.#isOpen = format === 'openmetrics';
        this.#prefix = prefix;
    }

    /** @param {string} name @param {string} help @param {Iterable<Sample>} samples */
    gauge(name, help, samples) {
        this.#declare(name, 'gauge', help);
        this.#samples(name, samples);
    }

    /** @param {string} name - without `_total` @param {string} help @param {Iterable<Sample>} samples */
    counter(name, help, samples) {
        this.#declare(this.#isOpen ? name : `${name}_total`, 'counter', help, name);
        this.#samples(`${name}_total`, samples);
    }

    /**
     * @param {string} name
     * @param {string} help
     * @param {Iterable<[labels: string, histogram: {boundsMs: readonly number[], counts: readonly number[], sumMs: number}]>} samples
     */
    histogram(name, help, samples) {
        this.#declare(name, 'histogram', help);
        const full = this.#prefix + name;
        for (const [labels, {boundsMs, counts, sumMs}] of samples) {
            const before = labels === '' ? '{le="' : `{${labels},le="`;
            const after = labels === '' ? '' : `{${labels}}`;
            let count = 0;
            boundsMs.forEach((boundMs, place) => {
                count += counts[place];
                this.#lines.push(`${full}_bucket${before}${this.#bound(boundMs)}"} ${count}`);
            });
            count += counts[boundsMs.length];
            this.#lines.push(
                `${full}_bucket${before}+Inf"} ${count}`,
                `${full}_sum${after} ${seconds(sumMs)}`,
                `${full}_count${after} ${count}`
            );
        }
    }

    /** @returns {string} the text; nothing can be added after that */
    end() {
        if (this.#isOpen) {
            this.#lines.push('# EOF');
        }
        return `${this.#lines.join('\n')}\n`;
    }

    #declare(name, type, help, base = name) {
        const full = this.#prefix + name;
        this.#lines.push(`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`);
        const unit = this.#isOpen && UNITS.find((ending) => base.endsWith(`_${ending}`));
        if (unit) {
            this.#lines.push(`# UNIT ${full} ${unit}`);
        }
    }

    #samples(name, samples) {
        const full = this.#prefix + name;
        for (const [labels, value] of samples) {
            if (value !== undefined) {
                this.#lines.push(labels === '' ? `${full} ${value}` : `${full}{${labels}} ${value}`);
            }
        }
    }

    #bound(ms) {
        const text = String(ms / 1_000);
        return this.#isOpen && !text.includes('.') ? `${text}.0` : text;
    }
}

/** Without the noise of binary fractions. @returns {number} */
const seconds = (ms) => Math.round(ms * 1_000) / 1_000_000;

const ESCAPES = {'\\': '\\\\', '"': '\\"', '\n': '\\n'};

/** @param {string} name @param {string} value @returns {string} a label */
function label(name, value) {
    return `${name}="${value.replaceAll(/[\\"\n]/g, (character) => ESCAPES[character])}"`;
}

module.exports = {Exposition, label, seconds};

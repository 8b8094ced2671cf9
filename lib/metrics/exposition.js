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
    #text = '';

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
        let endings;
        for (const [labels, {boundsMs, counts, sumMs}] of samples) {
            // The same of all histograms of a family.
            endings ??= [...boundsMs.map((ms) => this.#bound(ms)), '+Inf'].map((bound) => `le="${bound}"} `);
            const bucket = `${full}_bucket{${labels === '' ? '' : `${labels},`}`;
            let count = 0;
            for (let place = 0; place < endings.length; place += 1) {
                count += counts[place];
                this.#text += `${bucket}${endings[place]}${count}\n`;
            }
            const own = labels === '' ? '' : `{${labels}}`;
            this.#text += `${full}_sum${own} ${seconds(sumMs)}\n${full}_count${own} ${count}\n`;
        }
    }

    /** @returns {string} the text; nothing can be added after that */
    end() {
        return this.#isOpen ? `${this.#text}# EOF\n` : this.#text;
    }

    #declare(name, type, help, base = name) {
        const full = this.#prefix + name;
        this.#text += `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n`;
        const unit = this.#isOpen && UNITS.find((ending) => base.endsWith(`_${ending}`));
        if (unit) {
            this.#text += `# UNIT ${full} ${unit}\n`;
        }
    }

    #samples(name, samples) {
        const full = this.#prefix + name;
        for (const [labels, value] of samples) {
            if (value !== undefined) {
                this.#text += labels === '' ? `${full} ${value}\n` : `${full}{${labels}} ${value}\n`;
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

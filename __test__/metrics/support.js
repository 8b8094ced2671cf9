'use strict';

const parse = require('parse-prometheus-text-format');

/**
 * The metrics of a manager, as a parser reads them.
 *
 * @param {import('../..')} manager
 * @returns {{types: Record<string, string>, value: (name: string, labels?: object) => number | undefined, histogram: (name: string, labels?: object) => {buckets: Record<string, number>, sum: number, count: number} | undefined, jobs: (name: string) => string[]}}
 *   names are without their prefix
 */
function read(manager, prefix = 'job_manager_') {
    const text = manager.metrics();
    const families = new Map(parse(text).map((family) => [family.name.slice(prefix.length), family]));
    const find = (name, labels = {}) => {
        const {metrics} = families.get(name);
        const isMeant = (metric) =>
            Object.entries(labels).every(([label, value]) => (metric.labels ?? {})[label] === value);
        return metrics.find(isMeant);
    };
    return {
        types: Object.fromEntries([...families].map(([name, {type}]) => [name, type.toLowerCase()])),
        value: (name, labels) => {
            const found = find(name, labels);
            return found && Number(found.value);
        },
        histogram: (name, labels) => histogramOf(text, prefix + name, labels),
        jobs: (name) => [...new Set(families.get(name).metrics.map(({labels}) => labels.job_name))]
    };
}

/** The parser takes the histograms of all labels for one, so this reads the lines of one. */
function histogramOf(text, name, labels = {}) {
    const own = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const value = (part, more) => {
        const all = [...own, ...more].join(',');
        const start = `${name}_${part}${all && `{${all}}`} `;
        const line = text.split('\n').find((found) => found.startsWith(start));
        return line && Number(line.slice(start.length));
    };
    const bounds = new Set(
        Array.from(text.matchAll(new RegExp(`^${name}_bucket.*le="([^"]+)"`, 'gm')), ([, le]) => le)
    );
    const buckets = Array.from(bounds, (bound) => [bound, value('bucket', [`le="${bound}"`])]);
    return {buckets: Object.fromEntries(buckets), sum: value('sum', []), count: value('count', [])};
}

module.exports = {read};

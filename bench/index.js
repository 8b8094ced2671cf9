'use strict';

/**
 * Measures this package and the one it replaces, turn by turn, each time in a process of its own:
 *     npm run bench -- [NAME...] [--node PATH]... [--rounds N] [--json FILE]
 * docs/benchmarks.md says what the numbers mean.
 */

const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');

const {parseArguments} = require('./arguments');
const {measure} = require('./measure');
const {loadScenarios} = require('./scenarios');
const {isMet, ratio, summarize} = require('./statistics');
const {renderTable} = require('./table');

/** Every measurement of every scenario whose name has one of `names` in it. */
function chosenMeasurements(names) {
    return loadScenarios()
        .flatMap(({name, file, measurements}) =>
            measurements.map((measurement) => ({...measurement, file, name: `${name}: ${measurement.name}`}))
        )
        .filter(({name}) => names.length === 0 || names.some((part) => name.includes(part)));
}

/** Measures ours and the baseline in turns, so that other load on the machine affects both. */
async function measureInTurns(measurement, {node, rounds}) {
    const targets = ['ours', measurement.baseline].filter(Boolean);
    const values = Object.fromEntries(targets.map((target) => [target, []]));
    for (let round = 0; round < rounds; round += 1) {
        for (const target of targets) {
            values[target].push(await measure({...measurement, target, node}));
        }
    }
    return values;
}

/** A row of the table. */
function toRow({name, unit, goal, baseline}, values) {
    const ours = summarize(values.ours);
    const row = {name, unit, goal, ours, baseline: null, ratio: null, baselineName: baseline};
    if (baseline) {
        row.baseline = summarize(values[baseline]);
        row.ratio = ratio(ours.median, row.baseline.median);
    }
    return {...row, met: isMet(goal, {ours: ours.median, ratio: row.ratio})};
}

async function main() {
    const {names, nodes, rounds, json} = parseArguments(process.argv.slice(2));
    const measurements = chosenMeasurements(names);
    if (measurements.length === 0) {
        throw new Error(`No measurement has ${names.join(' or ')} in its name`);
    }
    const record = {cpus: os.cpus().length, cpu: os.cpus()[0]?.model, rounds, nodes: []};
    for (const node of nodes) {
        const version = execFileSync(node, ['--version'], {encoding: 'utf8'}).trim();
        const results = [];
        for (const [index, measurement] of measurements.entries()) {
            process.stderr.write(`${version} ${index + 1}/${measurements.length} ${measurement.name}\n`);
            try {
                const values = await measureInTurns(measurement, {node, rounds});
                const row = {...toRow(measurement, values), values};
                results.push(row);
                process.stderr.write(
                    `    ${JSON.stringify(values)}, ratio ${row.ratio?.toPrecision(3) ?? '-'}\n`
                );
            } catch (error) {
                // The others are worth having all the same.
                console.error(error.message);
                process.exitCode = 1;
            }
        }
        record.nodes.push({version, results});
        console.log(`\nNode ${version}, ${record.cpus} cores, medians (and ranges) of ${rounds}\n`);
        console.log(renderTable(results));
    }
    if (json) {
        fs.writeFileSync(json, `${JSON.stringify(record, null, 4)}\n`);
    }
}

main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
});

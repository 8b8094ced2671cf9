'use strict';

/** Rows of results as a Markdown table. Pure functions. */

const HEADER = ['measurement', 'unit', 'ours', 'baseline', 'ours ÷ baseline', 'goal', 'met'];

/**
 * @param {object[]} rows `{name, unit, ours, baseline, baselineName, ratio, goal, met}`; `ours` and `baseline` as
 *   `summarize` gives them
 * @returns {string}
 */
function renderTable(rows) {
    const cells = rows.map((row) => [
        row.name,
        row.unit,
        formatSummary(row.ours),
        row.baseline ? `${formatSummary(row.baseline)}${ofWhom(row.baselineName)}` : '',
        row.ratio === null ? '' : formatNumber(row.ratio),
        formatGoal(row.goal),
        row.met === null ? '' : row.met ? 'yes' : '**no**'
    ]);
    return renderCells([HEADER, ...cells]);
}

function ofWhom(baselineName) {
    return baselineName === 'upstream' ? '' : `, ${baselineName}`;
}

function renderCells([header, ...rows]) {
    const widths = header.map((_, column) =>
        Math.max(...[header, ...rows].map((row) => row[column].length), 3)
    );
    const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
    return [
        line(header),
        `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
        ...rows.map(line)
    ].join('\n');
}

/** Median and range: `12.3 (11–14)`; `never` for what came to no end. */
function formatSummary({median, min, max, count}) {
    if (count === 1 || min === max) {
        return formatNumber(median);
    }
    return `${formatNumber(median)} (${formatNumber(min)}–${formatNumber(max)})`;
}

/** Three significant digits; whole numbers above 100, in groups. */
function formatNumber(value) {
    if (value === null) {
        return 'never';
    }
    if (Math.abs(value) >= 100) {
        return Math.round(value).toLocaleString('en-US');
    }
    return String(Number(value.toPrecision(3)));
}

function formatGoal(goal) {
    if (!goal) {
        return '';
    }
    const parts = [
        goal.ratioAtMost !== undefined && `≤ ${goal.ratioAtMost} ×`,
        goal.ratioAtLeast !== undefined && `≥ ${goal.ratioAtLeast} ×`,
        goal.atMost !== undefined && `≤ ${goal.atMost.toLocaleString('en-US')}`,
        goal.atLeast !== undefined && `≥ ${goal.atLeast.toLocaleString('en-US')}`
    ];
    return parts.filter(Boolean).join(', ');
}

module.exports = {formatNumber, formatSummary, renderTable};

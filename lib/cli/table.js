'use strict';

const {fit, padded, widthOf} = require('./text');

const GAP = '  ';
/** No column is made narrower. */
const NARROWEST = 8;

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: any) => string} text
 * @property {(row: any) => string | undefined} [colour] - of the text
 * @property {boolean} [shrinks] - whether it is cut where the terminal is too narrow
 */

/**
 * Lines of a table whose columns are as wide as their widest cell. On a terminal that is too narrow, columns that may
 * shrink are cut, the widest first.
 *
 * @param {Column[]} columns
 * @param {any[]} rows
 * @param {number} width - of the terminal, or Infinity
 * @param {(style: string | undefined, text: string) => string} paint
 * @returns {string[]} the first one has the titles
 */
function tableLines(columns, rows, width, paint) {
    const cells = [columns.map(({title}) => title), ...rows.map((row) => columns.map(({text}) => text(row)))];
    const widths = columns.map((_, index) => Math.max(...cells.map((line) => widthOf(line[index]))));
    shrink(columns, widths, width);
    return cells.map((line, number) => {
        const row = rows[number - 1];
        const painted = line.map((cell, index) => {
            const text = padded(fit(cell, widths[index]), widths[index]);
            return paint(row === undefined ? 'bold' : columns[index].colour?.(row), text);
        });
        return painted.join(GAP).trimEnd();
    });
}

function shrink(columns, widths, width) {
    const total = () => widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1));
    for (let excess = total() - width; excess > 0; excess = total() - width) {
        let widest = -1;
        for (const [index, {shrinks}] of columns.entries()) {
            if (shrinks && widths[index] > NARROWEST && (widest < 0 || widths[index] > widths[widest])) {
                widest = index;
            }
        }
        if (widest < 0) {
            return;
        }
        widths[widest] -= 1;
    }
}

module.exports = {tableLines};

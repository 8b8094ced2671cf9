'use strict';

const {html} = require('../html');

/**
 * Names and what there is to say of each, in a list. Rows that are empty, or have nothing to say, are left out.
 *
 * @param {([name: unknown, value: unknown] | false | undefined)[]} rows
 */
const factList = (rows) =>
    html`<dl class="facts">
        ${rows
            .filter((row) => row && row[1] !== undefined && row[1] !== false)
            .map(
                ([name, value]) =>
                    html`<div>
                        <dt>${name}</dt>
                        <dd>${value}</dd>
                    </div>`
            )}
    </dl>`;

module.exports = {factList};

'use strict';

const {html} = require('../html');
const {percent} = require('../words');

/**
 * @param {import('../../../index').Progress} progress
 * @param {string} job
 */
function progressBar({value, note}, job) {
    return html`<span class="progress"
        ><progress max="1" value="${value}" aria-label="Progress of ${job}"></progress
        ><span>${percent(value)}</span>${
            note !== undefined && html`<span class="note clip" title="${note}"><bdi>${note}</bdi></span>`
        }</span
    >`;
}

module.exports = {progressBar};

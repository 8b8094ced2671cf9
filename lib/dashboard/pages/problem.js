'use strict';

const {html} = require('../html');
const {layout} = require('../parts/layout');

/** @typedef {import('../parts/context').Context} Context */

/**
 * @param {Context} context
 * @param {{section?: string, title: string, text: unknown}} problem
 * @returns {{status: 404, body: string}}
 */
const notFound = (context, {section, title, text}) => ({
    status: 404,
    body: layout(
        context,
        {title, section, isPart: true},
        html`<div class="problem">
            <h1>${title}</h1>
            <p>${text}</p>
            <p><a class="button" href="${context.to('')}">Overview</a></p>
        </div>`
    )
});

module.exports = {notFound};

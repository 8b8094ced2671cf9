'use strict';

/** How states are shown: by a word, a shape and a colour, always the same ones. */

const {html} = require('../html');

/** What is drawn for each, in a square of 16 by 16, with lines unless the class says `solid`. */
const SHAPES = {
    completed: '<circle cx="8" cy="8" r="6.5"/><path d="M5 8.2l2.1 2.1L11 6"/>',
    failed: '<path class="solid" d="M5 1h6l4 4v6l-4 4H5l-4-4V5z"/><path class="cut" d="M5.5 5.5l5 5m0-5l-5 5"/>',
    cancelled: '<circle cx="8" cy="8" r="6.5"/><path d="M3.5 12.5l9-9"/>',
    running: '<path class="solid" d="M3.5 2v12l10-6z"/>',
    stopping: '<circle cx="8" cy="8" r="6.5"/><path class="solid" d="M5.5 5.5h5v5h-5z"/>',
    retrying: '<path d="M13.5 8A5.5 5.5 0 1 1 11.6 3.8"/><path class="solid" d="M10 1l4.5 2-3.6 3.2z"/>',
    waiting: '<path d="M4 1.5h8M4 14.5h8M5 1.5c0 4 6 4.5 6 9v4M11 1.5c0 4-6 4.5-6 9v4"/>',
    paused: '<path class="solid" d="M3.5 2h3v12h-3zM9.5 2h3v12h-3z"/>',
    armed: '<circle cx="8" cy="8" r="6.5"/><path d="M8 4.2V8l2.6 1.8"/>',
    finished: '<path d="M3 15V2m0 0h9l-2 3 2 3H3"/>',
    held: '<rect x="2.5" y="2.5" width="11" height="11" rx="1"/>',
    warning: '<path d="M8 1.8l6.8 12.4H1.2z"/><path d="M8 6.3v3.7m0 1.5v.6"/>'
};

/** A state that looks like another one. */
const LOOKS_LIKE = {queued: 'waiting'};

/** The shapes, which the icons of a page refer to. Written once by hand, so that nothing has to be escaped. */
const SPRITE = html([
    `<svg class="sprite" aria-hidden="true" width="0" height="0">${Object.entries(SHAPES)
        .map(([name, shape]) => `<symbol id="i-${name}" viewBox="0 0 16 16">${shape}</symbol>`)
        .join('')}</svg>`
]);

const lookOf = (state) => LOOKS_LIKE[state] ?? (state in SHAPES ? state : 'held');

/** Made once: a page has hundreds of them. */
const icons = new Map(
    [...Object.keys(SHAPES), ...Object.keys(LOOKS_LIKE)].map((state) => [
        state,
        html`<svg class="icon is-${lookOf(state)}" aria-hidden="true">
            <use href="#i-${lookOf(state)}" />
        </svg>`
    ])
);
const labels = new Map(
    [...icons].map(([state, icon]) => [
        state,
        html`<span class="state is-${lookOf(state)}">${icon}${state}</span>`
    ])
);

/** @param {string} state @returns the shape alone, for beside a word */
const icon = (state) => icons.get(state) ?? icons.get('held');

/** @param {string} state of a job or a run @returns the shape with the word */
const stateLabel = (state) => labels.get(state) ?? html`<span class="state">${icon(state)}${state}</span>`;

module.exports = {SPRITE, icon, lookOf, stateLabel};

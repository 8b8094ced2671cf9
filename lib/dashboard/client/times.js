'use strict';

const {absolute, clock, duration, relative} = require('../time-words');

/** The zone that the host has chosen, or the visitor's own. */
const {timezone} = document.documentElement.dataset;

const TEXTS = {
    relative: (date, now) => relative(date.getTime(), now.getTime()),
    since: (date, now) => duration(Math.max(0, now - date)),
    clock: (date, now) => clock(date, now, timezone),
    absolute: (date) => absolute(date, timezone)
};

/** Times that do not change are written once. */
const written = new WeakSet();

/** @param {ParentNode} root - a page, also one that is not shown yet */
function showTimes(root) {
    const now = new Date();
    for (const element of root.querySelectorAll('time[data-as]')) {
        const isFixed = element.dataset.as === 'clock' || element.dataset.as === 'absolute';
        if (isFixed && written.has(element)) {
            continue;
        }
        const date = new Date(element.dateTime);
        const text = TEXTS[element.dataset.as]?.(date, now);
        if (text !== undefined && element.textContent !== text) {
            element.textContent = text;
        }
        if (element.title !== '' && !written.has(element)) {
            element.title = absolute(date, timezone);
        }
        written.add(element);
    }
}

module.exports = {showTimes};

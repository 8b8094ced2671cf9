'use strict';

/** Keeps the end of the output in sight, until the visitor scrolls up. */

const NEAR_PX = 24;

const lines = () => document.getElementById('lines');
const box = () => document.getElementById('follow');

function toEnd() {
    const element = lines();
    if (element && box()?.checked) {
        element.scrollTop = element.scrollHeight;
    }
}

function scrolled({target}) {
    if (target.id === 'lines' && box()) {
        box().checked = target.scrollHeight - target.scrollTop - target.clientHeight < NEAR_PX;
    }
}

/** @returns {() => void} to be called when the page has changed */
function startFollowing() {
    // Scrolling does not bubble.
    document.addEventListener('scroll', scrolled, true);
    document.addEventListener('change', ({target}) => target.id === 'follow' && toEnd());
    toEnd();
    return toEnd;
}

module.exports = {startFollowing};

'use strict';

/** Filters are sent when they are changed, questions are closed by Escape, and what an action has come to goes after a while. */

const FLASH_MS = 8_000;

function startForms() {
    document.addEventListener('change', ({target}) => {
        if (target.matches('[data-filter] select')) {
            target.form.requestSubmit();
        }
    });
    document.addEventListener('keydown', ({key, target}) => {
        const asked = key === 'Escape' && target.closest?.('details.ask[open]');
        if (asked) {
            asked.open = false;
            asked.querySelector('summary').focus();
        }
    });
    takeFlash();
}

/** The page is no longer asked for with it. */
function takeFlash() {
    const url = new URL(location.href);
    if (url.searchParams.has('flash')) {
        url.searchParams.delete('flash');
        history.replaceState(null, '', url);
        setTimeout(() => document.querySelector('.flash')?.remove(), FLASH_MS);
    }
}

module.exports = {startForms};

'use strict';

const named = require('../assets/assets.bundle.cjs');
const {attributes, html} = require('../html');
const {plural} = require('../words');
const {steering} = require('./cluster');
const {flashOf} = require('./flash');
const {SPRITE, icon} = require('./states');

/** @typedef {import('./context').Context} Context */

const PAGES = [
    {id: 'overview', path: '', title: 'Overview'},
    {id: 'jobs', path: 'jobs', title: 'Jobs'},
    {id: 'runs', path: 'runs', title: 'Runs'},
    {id: 'calendar', path: 'calendar', title: 'Calendar'},
    {id: 'system', path: 'system', title: 'System'}
];
const CLUSTER = {id: 'cluster', path: 'cluster', title: 'Cluster'};

/**
 * A whole page.
 *
 * @param {Context} context
 * @param {object} page
 * @param {string} page.title
 * @param {string} [page.section] - the id of the page in the navigation that it is, or is part of
 * @param {boolean} [page.isPart] - it is not that page itself
 * @param {Record<string, string>} [page.events] - parameters of the events that it is kept up to date by; absent: it is not
 * @param {string} [page.watch] - which events change it: 'runs' (default) or 'jobs'
 * @param {import('../html').Html} content
 * @returns {string}
 */
function layout(context, {title, section, isPart = false, events, watch}, content) {
    const name = context.options.title ?? 'Jobs';
    const body = {
        'data-events': events && context.to(`api/v1/events?${new URLSearchParams(events)}`),
        'data-watch': watch
    };
    return String(
        html`<!doctype html>
<html lang="en"${attributes({'data-timezone': context.timezone})}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${title} · ${name}</title>
<link rel="icon" href="${context.to(named.icon.path)}" type="image/svg+xml">
<link rel="stylesheet" href="${context.to(named.style.path)}">
<script src="${context.to(named.script.path)}" defer></script>
</head>
<body${attributes(body)}>
<a class="skip" href="#main">Skip to the content</a>
${SPRITE}
<header class="top">
<a class="brand" href="${context.to('')}"><svg class="logo" viewBox="0 0 20 20" aria-hidden="true"><rect class="a" x="2" y="3" width="10" height="3.6" rx="1.2"/><rect class="b" x="6" y="8.2" width="12" height="3.6" rx="1.2"/><rect class="c" x="3" y="13.4" width="8" height="3.6" rx="1.2"/></svg><bdi>${name}</bdi></a>
<nav aria-label="Pages"><ul>${pagesOf(context).map((page) => navigationItem(context, page, section, isPart))}</ul></nav>
<div class="top-end">${access(context)}<button type="button" id="live" class="live" hidden><span class="dot"></span><span id="live-word">Live</span></button></div>
</header>
<main id="main" tabindex="-1">
${flash(context)}${silence(context)}${content}
</main>
${footer(context, section)}
</body>
</html>
`
    );
}

const pagesOf = ({cluster}) => (cluster === undefined ? PAGES : PAGES.toSpliced(-1, 0, CLUSTER));

function navigationItem(context, {id, path, title}, section, isPart) {
    const current = id === section && (isPart ? 'true' : 'page');
    return html`<li><a href="${context.to(path)}" ${attributes({'aria-current': current})}>${title}</a></li>`;
}

function access({actions, user}) {
    const who = user === undefined ? '' : html`<span class="user"><bdi>${user}</bdi></span>`;
    return html`${who}${actions.size === 0 && html`<span class="badge">Read only</span>`}`;
}

function flash(context) {
    const message = flashOf(context.flash, steering(context));
    return (
        message &&
        html`<p class="flash${message.isRefusal ? ' refused' : ''}" role="status">
            ${icon(message.isRefusal ? 'warning' : 'completed')}${message.text}
        </p>`
    );
}

/** Only what this host knows is shown then. */
function silence({cluster}) {
    return (
        cluster?.isAnswering === false &&
        html`<p class="note-line" role="status">
            The queue of the cluster does not answer: what other hosts do is not known.
        </p>`
    );
}

/** Whose the page is. */
function scopeOf(context, section) {
    if (context.cluster === undefined) {
        return 'This process only.';
    }
    return section === 'cluster'
        ? ''
        : html`This host only, not all of the <a href="${context.to('cluster')}">cluster</a>.`;
}

function footer(context, section) {
    const {host, pid, version, jobs, since} = context.stats;
    return html`<footer class="foot">
        <p>
            <span
                >Host <b><bdi>${host}</bdi></b></span
            >
            <span>process <b>${pid}</b></span> <span>version <b>${version}</b></span>
            <span>${plural(jobs, 'job')}</span> <span>up since ${context.clock(since)}</span>
        </p>
        <p>
            ${scopeOf(context, section)}
            As of ${context.clock(new Date(context.nowMs))}.
        </p>
    </footer>`;
}

/**
 * A part of a page with a heading.
 *
 * @param {string} title
 * @param {object} options
 * @param {string} options.id
 * @param {unknown} [options.aside] - beside the heading
 * @param {string} [options.look]
 * @param {unknown} content
 */
const card = (title, {id, aside, look = ''}, content) =>
    html`<section class="card ${look}" aria-labelledby="${id}" id="card-${id}">
        <header>
            <h2 id="${id}">${title}</h2>
            ${aside && html`<div class="aside">${aside}</div>`}
        </header>
        ${content}
    </section>`;

/** Where there is nothing: what that means, and what to do. */
const empty = (title, text) =>
    html`<div class="empty">
        <p class="empty-title">${title}</p>
        <p>${text}</p>
    </div>`;

/** Links of which one is where the visitor is. @param {Array<{href: string, text: string, isCurrent: boolean}>} links */
const choices = (label, links) =>
    html`<nav class="choices" aria-label="${label}">
        ${links.map(
            ({href, text, isCurrent}) =>
                html`<a href="${href}" ${attributes({'aria-current': isCurrent && 'true'})}>${text}</a>`
        )}
    </nav>`;

module.exports = {card, choices, empty, layout};

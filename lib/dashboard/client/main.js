'use strict';

/** What a browser adds to the pages, which are complete without it: they stay up to date, and times are those of the visitor. */

const {startFollowing} = require('./follow');
const {startForms} = require('./forms');
const {LivePage} = require('./live');
const {showTimes} = require('./times');

/** A second: what is shown of time changes no faster. */
const TICK_MS = 1_000;

const {body} = document;
const live = new LivePage({url: body.dataset.events, watch: body.dataset.watch});
const follow = startFollowing(() => live.isOn);

for (const element of document.querySelectorAll('[data-script]')) {
    element.hidden = false;
}
showTimes(document);
setInterval(() => showTimes(document), TICK_MS);
startForms();
live.start(follow);

'use strict';

const {Context} = require('../parts/context');
const {calendar} = require('./calendar');
const {cluster} = require('./cluster');
const {job} = require('./job');
const {jobs} = require('./jobs');
const {overview} = require('./overview');
const {run} = require('./run');
const {runs} = require('./runs');
const {system} = require('./system');

/** @typedef {import('../parts/context').View} View */
/** @typedef {string | {status: number, body: string}} Rendered HTML, with status 200 if there is none */

/**
 * @param {string} pattern - of the path below the mount
 * @param {(context: Context) => Rendered | Promise<Rendered>} make
 */
const page = (pattern, make) => ({
    pattern,
    /** @param {View} view @returns {Rendered | Promise<Rendered>} */
    render: (view) => make(new Context(view))
});

/** Every page: where it is, and what makes it. */
module.exports = [
    page('', overview),
    page('jobs', jobs),
    page('jobs/:name', job),
    page('runs', runs),
    page('runs/:id', run),
    page('calendar', calendar),
    page('cluster', cluster),
    page('system', system)
];

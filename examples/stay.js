'use strict';

// What the quickstart does with --stay: opens the dashboard on this machine, and the control socket for the command line.

const {once} = require('node:events');
const {listen} = require('@tryghost/job-manager/control');
const {createDashboard} = require('@tryghost/job-manager/dashboard');

const PORT = 3001;
const ANY_PORT = 0;

/**
 * @param {import('..')} jobManager
 * @param {number} [port] default 3001, or another one if that is taken
 * @returns {Promise<string>} the address of the dashboard
 */
async function openDashboard(jobManager, port) {
    await listen(jobManager, {name: 'quickstart'});
    const dashboard = createDashboard(jobManager, {title: 'Quickstart', actions: true, showData: true});
    const server = await dashboard.listen({port: port ?? PORT}).catch((error) => {
        if (port !== undefined || error.code !== 'EADDRINUSE') {
            throw error;
        }
        return dashboard.listen({port: ANY_PORT});
    });
    return `http://localhost:${server.address().port}/`;
}

/** Says where to look, and waits for an interrupt. */
async function stay(address, interrupt) {
    console.log(`\nThe recurring jobs go on. The dashboard: ${address}`);
    console.log('In another terminal: npx job-manager list (or help). Ctrl-C ends it.');
    if (!interrupt.aborted) {
        await once(interrupt, 'abort');
    }
}

module.exports = {openDashboard, stay};

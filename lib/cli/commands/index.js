'use strict';

const {nearestName} = require('../../host/nearest-name');
const {usage} = require('../failure');

/** Loaded when they are called: each module is read from disk. */
const COMMANDS = {
    run: () => require('./run'),
    next: () => require('./next'),
    check: () => require('./check'),
    daemon: () => require('./daemon'),
    list: () => require('./list'),
    show: () => require('./show'),
    runs: () => require('./runs'),
    logs: () => require('./logs'),
    trigger: () => require('./trigger'),
    pause: () => require('./pause'),
    resume: () => require('./resume'),
    cancel: () => require('./cancel'),
    retry: () => require('./retry'),
    cluster: () => require('./cluster'),
    metrics: () => require('./metrics'),
    dashboard: () => require('./dashboard')
};

/** What other tools call them. */
const OTHER_NAMES = {
    ls: 'list',
    jobs: 'list',
    ps: 'list',
    status: 'list',
    hosts: 'cluster',
    nodes: 'cluster',
    queue: 'cluster',
    info: 'show',
    history: 'runs',
    log: 'logs',
    output: 'logs',
    start: 'trigger',
    enqueue: 'trigger',
    stop: 'cancel',
    kill: 'cancel',
    unpause: 'resume',
    validate: 'check',
    serve: 'daemon',
    ui: 'dashboard',
    when: 'next'
};

const commandNames = () => Object.keys(COMMANDS);

/**
 * @param {string} name
 * @throws {import('../failure').Failure} with a suggestion, if there is no such command
 */
function loadCommand(name) {
    if (Object.hasOwn(COMMANDS, name)) {
        return COMMANDS[name]();
    }
    const meant = Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name] : nearestName(name, commandNames());
    const isFile = /[./\\]/.test(name);
    const suggestion =
        (meant !== undefined && `Did you mean "${meant}"? `) ||
        (isFile && `To run a file: job-manager run ${name}. `) ||
        '';
    throw usage(`there is no command "${name}"`, `${suggestion}See job-manager help`);
}

module.exports = {commandNames, loadCommand};

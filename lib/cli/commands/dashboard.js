'use strict';

const {once} = require('node:events');
const {spawn} = require('node:child_process');
const {Failure} = require('../failure');
const {findHost} = require('../find-host');
const {HostClient} = require('../client');
const {wholeNumber} = require('../values');

const LOOPBACK = '127.0.0.1';
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'];
const OPENERS = {darwin: 'open', win32: 'explorer'};

/** Opens an address with the browser of the desktop. That there is none is no failure: the address has been printed. */
function openInBrowser(address) {
    const opener = spawn(OPENERS[process.platform] ?? 'xdg-open', [address], {
        detached: true,
        stdio: 'ignore'
    });
    opener.once('error', () => {});
    opener.unref();
}

async function serve({socketPath}, port, output, isOpened) {
    const {createProxy} = require('../dashboard-proxy');
    const {server, path} = createProxy(socketPath);
    server.listen({port, host: LOOPBACK});
    try {
        await once(server, 'listening');
    } catch (error) {
        throw new Failure(`port ${port} cannot be used: ${error.message}`, {
            code: error.code,
            help: 'Give another --port.'
        });
    }
    const address = `http://${LOOPBACK}:${server.address().port}${path}`;
    const stopped = Promise.race(STOP_SIGNALS.map((signal) => once(process, signal)));
    announce(address, output, isOpened);
    output.note('Ctrl-C ends it.');
    await stopped;
    server.close();
    server.closeAllConnections();
    return 0;
}

function announce(address, output, isOpened) {
    output.answer({url: address}, address);
    if (isOpened) {
        openInBrowser(address);
    }
}

module.exports = {
    name: 'dashboard',
    asksHost: true,
    summary: 'Serves the dashboard of a host to a browser on this machine.',
    description: `
Prints an address and passes requests on to the control socket of the host until it is ended. The address has a secret part, since
other users of this machine can reach the port; only direct requests from this machine are passed on. With --url the address of
that host's dashboard is printed.`,
    examples: ['job-manager dashboard --open', 'job-manager dashboard --port 8080'],
    options: {
        port: {type: 'string', value: 'PORT', help: 'The port on 127.0.0.1. Default: any that is free.'},
        open: {type: 'boolean', help: 'Opens the address with the browser of the desktop.'}
    },

    async run({values, output}) {
        const port = wholeNumber(values.port ?? '0', '--port', {least: 0, most: 65_535});
        const host = await findHost(values);
        // Fails where no host answers.
        await new HostClient(host).get(['api', 'v1', 'stats']);
        if (host.url !== undefined) {
            announce(host.url.href, output, values.open === true);
            return 0;
        }
        return serve(host, port, output, values.open === true);
    }
};

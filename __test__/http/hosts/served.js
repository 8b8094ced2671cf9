'use strict';

// A host whose dashboard is followed by a client in the same test. It ends itself, in the way that its argument names, once
// the client has connected:
//     shutdown   closes its server and shuts its manager down
//     close      only closes its server; nothing of its manager is due
//     listen     has let the dashboard serve itself, and shuts its manager down
//     closed     closes its server, and shuts its manager down when that has closed
//     unref      has let the dashboard serve itself without keeping the process alive; its last job ends

const http = require('node:http');
const {createSite} = require('../../../lib/http/create-site');
const {listen} = require('../../../lib/http/listen');
const JobManager = require('../../..');

const [how] = process.argv.slice(2);
const jobManager = new JobManager({logger: {info() {}, warn() {}, error: console.error}});
const work = how === 'unref' ? setInterval(() => {}, 60_000) : undefined;
const site = createSite({jobManager});

async function main() {
    await jobManager.defineJob({name: 'a', job: async () => 'done', at: 'every day', unref: true});
    const ends = {
        shutdown: (server) => {
            server.close();
            void jobManager.shutdown();
        },
        close: (server) => server.close(),
        listen: () => void jobManager.shutdown(),
        closed: (server) =>
            server.close(() => void jobManager.shutdown().then(() => console.log('shut down'))),
        // What has kept the process alive.
        unref: () => clearInterval(work)
    };
    const server = await serve();
    process.once('SIGUSR2', () => ends[how](server));
    console.log(server.address().port);
}

async function serve() {
    if (how === 'listen' || how === 'unref') {
        return listen(jobManager, site, {port: 0, unref: how === 'unref'});
    }
    const server = http.createServer(site.handle);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
}

void main();

// A dashboard in the servers that hosts have, as the compiler knows it.

import http = require('node:http');
import JobManager = require('../..');
import {
    Access,
    ActionName,
    Dashboard,
    DashboardOptions,
    createDashboard
} from '@tryghost/job-manager/dashboard';

async function mounted(manager: JobManager): Promise<void> {
    const dashboard: Dashboard = createDashboard(manager);
    http.createServer(dashboard);
    http.createServer((req, res) => dashboard(req, res, () => res.end()));
    const server: http.Server = await dashboard.listen({port: 3001, host: '::1'});
    await dashboard.listen({socket: '/run/jobs.sock'});
    const response: Response = await dashboard.fetch(new Request('http://localhost/'));
    void [server, response];
    // @ts-expect-error neither a port nor a socket
    await dashboard.listen({host: '::1'});
}

const actions: ActionName[] = ['run', 'cancel'];
const options: DashboardOptions = {
    authorize: async (request: http.IncomingMessage): Promise<Access | boolean> =>
        request.headers.authorization
            ? {read: true, actions, user: 'ada'}
            : {read: false, authenticate: 'Basic'},
    redact: (value, where) => (where === 'output' ? '' : value),
    trustedOrigins: ['https://admin.example.com']
};
const byRequest: DashboardOptions = {
    authorize: (request: Request) => request.headers.has('x'),
    actions: true
};
// @ts-expect-error not an action
const wrong: DashboardOptions = {actions: ['delete']};
// @ts-expect-error not an option
const misspelt: DashboardOptions = {autorize: () => true};
void [mounted, options, byRequest, wrong, misspelt];

/// <reference types="node" />

import {IncomingMessage, Server, ServerResponse} from 'node:http';
import JobManager = require('../index');

/**
 * The jobs of a manager in a browser, and over HTTP. Closed by default: without `authorize` only direct requests from this
 * machine are answered, and without `actions` nothing can be changed. See docs/dashboard.md.
 *
 * Throws an IncorrectUsageError for an invalid option.
 */
export declare function createDashboard(jobManager: JobManager, options?: DashboardOptions): Dashboard;

/** A handler for requests of `node:http`, Express and NestJS, and what other servers take. */
export interface Dashboard {
    /** `next` is called for paths outside of `basePath`. */
    (req: IncomingMessage, res: ServerResponse, next?: (error?: any) => void): void;
    /**
     * For servers that hand over a `Request`, such as Hono. `env` says where it came from, as @hono/node-server gives it
     * (`c.env`); without that every request needs `authorize`.
     */
    fetch(request: Request, env?: any): Promise<Response>;
    /** A plugin of Fastify: `fastify.register(dashboard.fastify, {prefix: '/dashboard'})`. */
    fastify(instance: any, options: any, done: (error?: Error) => void): void;
    /** Middleware of Koa, for a dashboard with `basePath`. */
    koa(context: any, next: () => Promise<any>): any;
    /**
     * Serves it by itself, on 127.0.0.1 if no `host` is given, or on a socket file. The server is closed when the manager is
     * shut down. With `unref` neither it nor a page that is open keeps the process alive. Rejects as `server.listen` fails.
     */
    listen(where: ({port: number; host?: string} | {socket: string}) & {unref?: boolean}): Promise<Server>;
}

export interface DashboardOptions {
    /** Where it is mounted, such as '/dashboard', in servers that do not say so (`req.baseUrl` of Express). Default: at the root. */
    basePath?: string;
    /**
     * Who may see it, asked for each request. Without it: direct requests from this machine. An error that it throws is logged
     * and answered with 500.
     */
    authorize?: (request: any) => Access | boolean | Promise<Access | boolean>;
    /** What may be done, besides looking: all, nothing (default), or these. */
    actions?: boolean | readonly ActionName[];
    /** Default 'Jobs'. */
    title?: string;
    /** Of the times on its pages. Default: the browser's. */
    timezone?: string;
    /** Show results of runs, and data, environment and arguments of jobs. Default false. */
    showData?: boolean;
    /** Show what runs print and log. Default true. */
    showOutput?: boolean;
    /** Further origins, such as 'https://admin.example.com', whose pages may send requests. */
    trustedOrigins?: readonly string[];
    /**
     * What is shown instead of a value; `where` is 'result', 'fields', 'error' or 'output'. Default: values are hidden whose
     * names look like those of secrets. An error that it throws is logged and answered with 500.
     */
    redact?: (value: any, where: 'result' | 'fields' | 'error' | 'output') => unknown;
}

/** What a request may do. */
export interface Access {
    read: boolean;
    /** In place of the option `actions`. */
    actions?: boolean | readonly ActionName[];
    /** Named in the log with what is done. */
    user?: string;
    /** Without `read`: answer 401 with this as `WWW-Authenticate`, such as 'Basic realm="jobs"', so that browsers ask for a password. */
    authenticate?: string;
}

export type ActionName = 'run' | 'pause' | 'resume' | 'cancel' | 'retry';

/// <reference types="node" />

/** What the option `cluster` of a manager takes. */
export interface Cluster {
    readonly kind: 'bullmq' | 'database';
    /** How early a slot is claimed, in ms. */
    readonly lead: number;
    /** For how long a run may go on without a renewal, in ms. */
    readonly lease: number;
}

export interface ClusterTimes {
    /** How early a slot is claimed, in ms. Default 250. */
    lead?: number;
    /**
     * For how long a run may go on while its host cannot renew that, in ms, from 1,000 up; it is renewed at a third of it. After that
     * its processes are killed, and another host may redo it. Default 30,000.
     */
    lease?: number;
}

export interface BullmqOptions extends ClusterTimes {
    /**
     * A URL (`redis://…`, `rediss://…`, `postgres://…`), or plain options of ioredis or pg. Not a client: the connections are made in a
     * thread of their own.
     */
    connection: string | Record<string, unknown>;
    /** The name of the queue, without ":". Default 'jobs'. */
    queue?: string;
    /** What all keys begin with, without ":". Default 'jm'. */
    prefix?: string;
    /** Runs and slots that this host takes at once. Default 100. */
    concurrency?: number;
}

export interface DatabaseOptions extends ClusterTimes {
    /** A Knex instance for MySQL, MariaDB or PostgreSQL. It stays yours: destroy it after `shutdown()`. */
    knex: unknown;
    /** The table, created where there is none. Default 'job_slots'. */
    table?: string;
}

/**
 * BullMQ 6 carries slots and runs, also those of one-off jobs, on Redis, Valkey or PostgreSQL. Needs the packages `bullmq` and `ioredis` (or `pg`).
 * Throws INVALID_OPTION.
 */
export declare function bullmq(options: BullmqOptions): Cluster;

/**
 * A table carries slots, for recurring jobs and one-off jobs: no queue, and no other server than the database. A table of an earlier build
 * gets the columns that it lacks. Throws INVALID_OPTION.
 */
export declare function database(options: DatabaseOptions): Cluster;

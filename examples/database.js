'use strict';

const {randomBytes} = require('node:crypto');
const bookshelf = require('bookshelf');
const knex = require('knex');
const SqliteDialect = require('knex/lib/dialects/better-sqlite3');

/** How long a statement waits for another process that holds the database file. */
const BUSY_TIMEOUT_MS = 5000;

/**
 * Knex's dialect for embedded SQL databases, on a driver whose binary is part of its npm package and
 * runs on every Node.js version.
 */
class EmbeddedDialect extends SqliteDialect {
    _driver() {
        return require('libsql');
    }

    async acquireRawConnection() {
        const connection = await super.acquireRawConnection();
        connection.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
        connection.pragma('journal_mode = WAL');
        return connection;
    }
}

/**
 * Creates the `jobs` table in the shape Ghost gives it, unless it is there.
 *
 * @param {import('knex').Knex} connection
 */
async function createJobsTable(connection) {
    if (await connection.schema.hasTable('jobs')) {
        return;
    }
    try {
        await connection.schema.createTable('jobs', (table) => {
            table.string('id', 24).notNullable().primary();
            table.string('name', 191).notNullable().unique();
            table.string('status', 50).notNullable().defaultTo('queued');
            table.dateTime('started_at').nullable();
            table.dateTime('finished_at').nullable();
            table.dateTime('created_at').notNullable();
            table.dateTime('updated_at').nullable();
            table.string('metadata', 2000).nullable();
            table.integer('queue_entry').unsigned().nullable();
        });
    } catch (error) {
        // Another process that opens the same new file may have been faster.
        if (!(await connection.schema.hasTable('jobs'))) {
            throw error;
        }
    }
}

/**
 * Defines the model a job manager keeps its one-off jobs in, with the static methods of Ghost's models.
 *
 * @param {import('knex').Knex} connection
 */
function defineJobModel(connection) {
    const {Model} = bookshelf(connection);

    return class JobModel extends Model {
        get tableName() {
            return 'jobs';
        }

        get hasTimestamps() {
            return true;
        }

        /** Inserts a row, with an id of 24 hexadecimal digits as Ghost's rows have. */
        static async add(data) {
            return new this({id: randomBytes(12).toString('hex'), ...data}).save(null, {method: 'insert'});
        }

        /** The row that has these values, or null. */
        static async findOne(data) {
            return new this(data).fetch({require: false});
        }

        /** Changes the row with this id. */
        static async edit(data, {id}) {
            const model = await new this({id}).fetch({require: true});
            return model.save(data, {method: 'update', patch: true});
        }

        /** Deletes the row with this id. */
        static async destroy({id}) {
            return new this({id}).destroy({require: true});
        }
    };
}

/**
 * Opens, and where needed creates, a database file with a `jobs` table.
 *
 * @param {string} filename
 * @returns the Knex `connection`, the `JobModel` on it, and `close()`
 */
async function openDatabase(filename) {
    const connection = knex({client: EmbeddedDialect, connection: {filename}, useNullAsDefault: true});
    await createJobsTable(connection);
    return {
        connection,
        JobModel: defineJobModel(connection),
        close: () => connection.destroy()
    };
}

module.exports = {openDatabase, createJobsTable, defineJobModel};

'use strict';

const {execFileSync} = require('node:child_process');
const path = require('node:path');
const JobManager = require('../..');
const {silentLogger} = require('../support/runs');
const {temporaryFolder} = require('../support/temporary-folder');

/**
 * Managers that use the same store, one after the other.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} [options] - of all of them
 */
function storeOf(t, options = {}) {
    const store = path.join(temporaryFolder(t), 'jobs.db');
    let current;
    t.after(() => current?.shutdown({timeout: 1_000}).catch(() => {}));
    return {
        store,
        /** Starts the next manager, when the one before has been shut down. */
        async next(more = {}) {
            await current?.shutdown();
            const errors = [];
            const logger = silentLogger();
            current = new JobManager({
                logger,
                errorHandler: (error, meta) => errors.push({error, ...meta}),
                store,
                ...options,
                ...more
            });
            return {manager: current, errors, logs: logger.lines};
        }
    };
}

/**
 * Runs a statement on a store, in a process of its own: a second copy of SQLite in this one would take away the locks of the
 * first.
 *
 * @param {string} file
 * @param {string} statement
 * @returns {object[]} its rows
 */
function sql(file, statement) {
    const program =
        "const Database = require('libsql'); const [file, statement] = process.argv.slice(1); const db = new Database(file);" +
        'const query = db.prepare(statement);' +
        'console.log(JSON.stringify(query.reader ? query.all() : (query.run(), []))); db.close()';
    const output = execFileSync(process.execPath, ['-e', program, file, statement], {
        cwd: path.join(__dirname, '..', '..')
    });
    return JSON.parse(output.toString());
}

/** @returns {Promise<void>} when the condition holds */
async function until(holds) {
    while (!(await holds())) {
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}

module.exports = {sql, storeOf, until};

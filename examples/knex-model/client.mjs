// Knex's dialect for SQLite on a driver whose binary is part of its npm package. With PostgreSQL or MySQL write
// `client: 'pg'` or `client: 'mysql2'` instead.

import {createRequire} from 'node:module';

const require = createRequire(import.meta.url);
const SqliteDialect = require('knex/lib/dialects/better-sqlite3');

export class client extends SqliteDialect {
    _driver() {
        return require('libsql');
    }
}

'use strict';

const fs = require('node:fs/promises');
const path = require('node:path');

/** Stands for a service of the host, with methods that need their `this`. */
class MembersMigrations {
    constructor(folder) {
        this.source = path.join(folder, 'members.csv');
        this.target = path.join(folder, 'members.json');
    }

    /** Turns the members' table into JSON. Running it again gives the same file. */
    async execute() {
        const [header, ...rows] = (await fs.readFile(this.source, 'utf8')).trim().split('\n');
        const columns = header.split(',');
        const members = rows.map((row) => {
            const values = row.split(',');
            return Object.fromEntries(columns.map((column, index) => [column, values[index]]));
        });
        await fs.writeFile(this.target, JSON.stringify(members, null, 4));
    }
}

module.exports = function createStripeService(folder) {
    return {migrations: new MembersMigrations(folder)};
};

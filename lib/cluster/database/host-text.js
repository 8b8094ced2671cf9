'use strict';

/** A host as the table has it: one text, which people can read. */

const hostText = ({id, hostname, pid}) => `${hostname} ${pid} ${id}`;

/** @returns {{id: string, hostname?: string, pid?: number} | undefined} */
function hostOf(text) {
    const [, hostname, pid, id] = /^(.*) (\d+) (\S+)$/.exec(text ?? '') ?? [];
    return id === undefined ? undefined : {id, hostname, pid: Number(pid)};
}

module.exports = {hostOf, hostText};

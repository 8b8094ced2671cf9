'use strict';

/** "Etc/UTC" is "UTC". */
function canonical(zone) {
    try {
        return new Intl.DateTimeFormat('en', {timeZone: zone}).resolvedOptions().timeZone;
    } catch {
        return zone;
    }
}

/**
 * What there is to say about the time zones of the hosts, where they differ.
 *
 * @param {{id: string, hostname: string, timezone?: string}[]} hosts
 * @param {{id: string, timezone: string}} own - this one of them
 * @returns {{code: string, message: string} | undefined}
 */
function zonesDiffer(hosts, own) {
    const others = hosts.filter(
        ({timezone}) => timezone !== undefined && canonical(timezone) !== canonical(own.timezone)
    );
    if (others.length === 0) {
        return undefined;
    }
    const [{hostname, id, timezone}] = others;
    const more = others.length > 1 ? ` and ${others.length - 1} more` : '';
    const message =
        `The time zones of the hosts of a cluster differ: the option "timezone" is "${own.timezone}" on this host, and "${timezone}" on ` +
        `host ${id} (${hostname})${more}. A job without a zone of its own has the due times of both. Give all hosts the same one`;
    return {code: 'CLUSTER_TIMEZONES_DIFFER', message};
}

module.exports = {zonesDiffer};

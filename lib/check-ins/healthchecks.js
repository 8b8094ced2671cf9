'use strict';

const {send} = require('./request');
const {below, webAddress} = require('./web-address');

/** As much as the service keeps of a body. */
const MOST_BODY_BYTES = 100_000;

/**
 * healthchecks.io, or a server of one's own: `URL/start`, then `URL/0`, `URL/EXIT-CODE` or `URL/fail`, each with the `rid` of the
 * run. The error and the end of the output go with the end.
 *
 * @param {import('../check-ins').HealthchecksOptions} options
 * @returns {import('../check-ins').CheckInService}
 * @throws {IncorrectUsageError} INVALID_OPTION
 */
function healthchecks({url, output: isOutputSent = true}) {
    const base = webAddress('"url" of healthchecks()', url);
    return {
        service: 'healthchecks',
        async checkIn({kind, run, rid, output, signal}) {
            if (run === undefined || kind === 'cancelled') {
                // A check can be paused by its management API alone, and knows success and failure.
                return;
            }
            const address = below(base, endpointOf(kind, run));
            address.searchParams.set('rid', rid);
            const body = kind === 'started' ? undefined : bodyOf(run, isOutputSent ? output() : '');
            await send(address, {body, signal});
        }
    };
}

function endpointOf(kind, {exitCode}) {
    if (kind === 'started') {
        return 'start';
    }
    if (kind === 'completed') {
        return '0';
    }
    return exitCode > 0 && exitCode <= 255 ? String(exitCode) : 'fail';
}

/** The error, then as much of the end of the output as is kept. */
function bodyOf({error}, output) {
    const reason = error === undefined ? '' : `${error.name}: ${error.message}\n\n`;
    const left = MOST_BODY_BYTES - Buffer.byteLength(reason);
    return reason + tailOf(output, left);
}

/** The end of a text, from the beginning of a character on. */
function tailOf(text, mostBytes) {
    const bytes = Buffer.from(text);
    if (bytes.length <= mostBytes) {
        return text;
    }
    let from = bytes.length - mostBytes;
    while ((bytes[from] & 0xc0) === 0x80) {
        from += 1;
    }
    return bytes.toString('utf8', from);
}

module.exports = {healthchecks};

'use strict';

/**
 * The names of jobs of the manager. A type and a queue are any strings. With a store names outlive the process, so both can be
 * read from a name again:
 *
 *     TYPE               deliveries of a type in the lane of what names no queue
 *     TYPE @QUEUE        the same in the lane of a queue
 *     TYPE #cron         its schedule
 */

const {DEFAULT_QUEUE} = require('./arguments');

const SCHEDULE = ' #cron';
/** Characters that separate, the one that escapes them, and what is no text: half of a surrogate pair. */
const SPECIAL = /[%@#\0]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
/** Names that a job in a process must not have, and none at all. */
const RESERVED = /^(?:|index|index\.m?js)$/;

const escaped = (character) => `%${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

function encode(text) {
    const name = text.replace(SPECIAL, escaped);
    return RESERVED.test(name) ? `%${name}` : name;
}

function decode(name) {
    const text = /^%(?![0-9a-f]{4})/.test(name) ? name.slice(1) : name;
    return text.replace(/%([0-9a-f]{4})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** @returns {string} the job that delivers a type in the lane of a queue */
const deliveryName = (type, queue = DEFAULT_QUEUE) =>
    queue === DEFAULT_QUEUE ? encode(type) : `${encode(type)} @${encode(queue)}`;

/** @returns {string} the job whose due times are those of a type */
const scheduleName = (type) => encode(type) + SCHEDULE;

/**
 * @param {string} name - of a job of the manager
 * @returns {{type: string, queue?: string, isSchedule: boolean}}
 */
function readName(name) {
    if (name.endsWith(SCHEDULE)) {
        return {type: decode(name.slice(0, -SCHEDULE.length)), isSchedule: true};
    }
    const [type, queue] = name.split(' @');
    return {
        type: decode(type),
        queue: queue === undefined ? DEFAULT_QUEUE : decode(queue),
        isSchedule: false
    };
}

module.exports = {deliveryName, readName, scheduleName};

'use strict';

/** BullMQ's sandboxed processor that does what the handler of a manager does: nothing. */
module.exports = async ({data}) => data.value;

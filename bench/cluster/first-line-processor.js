'use strict';

/** BullMQ's sandboxed processor: it gives back when its first statement ran. */
module.exports = async () => String(process.hrtime.bigint());

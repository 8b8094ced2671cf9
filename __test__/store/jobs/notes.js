'use strict';

const fs = require('node:fs');

/** Notes that it was called, then does as it is told. */
module.exports = async function ({file, how}, run) {
    fs.appendFileSync(file, `B ${run.id} ${run.attempt}\n`);
    if (how === 'wait') {
        await new Promise((resolve) => setTimeout(resolve, 60_000));
    }
    if (how === 'throw' || (how === 'once' && run.attempt === 1)) {
        throw new Error('on purpose');
    }
    return run.id;
};

'use strict';

const {setTimeout: sleep} = require('node:timers/promises');
const countWords = require('./count-words');

/** Takes its time, so that there is time to kill its host. */
module.exports = async function countSlowly(text, run) {
    run.progress(0.5, 'half of it');
    await sleep(300);
    return {words: countWords(text), attempt: run.attempt};
};

'use strict';

/** Counts the words of a text, in any script. */
module.exports = function countWords(text) {
    return text.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’-]*/gu)?.length ?? 0;
};

'use strict';

// A module with a mistake of its own.
module.exports = notThere;

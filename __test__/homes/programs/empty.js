'use strict';

// The main module of a host whose preloads do all.
module.exports = {};

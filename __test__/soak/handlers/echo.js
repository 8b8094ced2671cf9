'use strict';

module.exports = (data) => data;

'use strict';
module.exports = (data) => data.push('common.js');

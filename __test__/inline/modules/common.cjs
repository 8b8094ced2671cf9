'use strict';
module.exports = async (data) => data.push('common.cjs');

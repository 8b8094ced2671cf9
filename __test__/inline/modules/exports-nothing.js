'use strict';
exports.job = () => {};

'use strict';

module.exports = {resize() {}, width: 3};

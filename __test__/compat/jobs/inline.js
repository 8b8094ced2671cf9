'use strict';

module.exports = async (received) => {
    received.push('CommonJS module');
};

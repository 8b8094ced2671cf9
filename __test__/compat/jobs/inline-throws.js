'use strict';

module.exports = () => {
    throw new Error('inline module error');
};

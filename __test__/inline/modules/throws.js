'use strict';
module.exports = () => {
    throw new RangeError('not today');
};

'use strict';

module.exports = () => {
    console.log('# a line that the handler prints');
    return 'printed';
};

'use strict';

// A handler that prints so many bytes.

module.exports = ({bytes}) => {
    process.stdout.write('x'.repeat(bytes));
};

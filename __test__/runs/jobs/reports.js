'use strict';

module.exports = (data, run) => {
    run.progress(0.25);
    run.progress({done: 3, total: 4}, 'nearly');
    run.log('a line', {key: 1});
    run.log('a warning', undefined, 'warn');
    run.result('from result()');
};

'use strict';

// A handler that prints, as it is told.

console.log('loaded');

module.exports = ({number, isLate, dies, fails}) => {
    console.log(`begin ${number}`);
    console.error(`error ${number}`);
    if (dies) {
        process.stderr.write('last words');
        process.kill(process.pid, 'SIGKILL');
    }
    if (fails) {
        throw new Error(`failed ${number}`);
    }
    if (isLate) {
        setTimeout(() => console.log('late'), 20);
    }
    console.log(`end ${number}`);
    return {pid: process.pid};
};

'use strict';

const order = [];
let going = 0;
let most = 0;

/** Tells the order of the calls, and how many went at once. */
module.exports = async (data) => {
    going += 1;
    most = Math.max(most, going);
    order.push(data);
    await new Promise(setImmediate);
    going -= 1;
    return {order, most, pid: process.pid};
};

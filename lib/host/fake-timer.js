'use strict';

/**
 * @param {Function} timer - a function that sets a timer or an immediate
 * @returns {boolean} whether a test has put it in place of Node's own: sinon, jest, vitest, or the mocks of `node:test`
 */
function isFake(timer) {
    return timer?.clock !== undefined || timer?._isMockFunction === true || /^bound\b/.test(timer?.name);
}

module.exports = {isFake};

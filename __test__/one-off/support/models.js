'use strict';

const {setTimeout: wait} = require('node:timers/promises');

/**
 * A JobModel of a database, with something around each call of it.
 *
 * @param {object} JobModel
 * @param {(call: {method: string, args: any[], number: number}, proceed: () => Promise<any>) => Promise<any>} around -
 *   `number` counts all calls from 1
 */
function wrapModel(JobModel, around) {
    let number = 0;
    const wrap = (method) =>
        function (...args) {
            if (this !== wrapped) {
                throw new Error(`${method} was not called as a method of the model`);
            }
            number += 1;
            return around({method, args, number}, () => JobModel[method](...args));
        };
    const wrapped = {
        findOne: wrap('findOne'),
        add: wrap('add'),
        edit: wrap('edit'),
        destroy: wrap('destroy')
    };
    return wrapped;
}

/** A model that answers each call after another time. */
function slowModel(JobModel, latenciesMs) {
    return wrapModel(JobModel, async ({number}, proceed) => {
        await wait(latenciesMs[number % latenciesMs.length]);
        return proceed();
    });
}

/**
 * A model that keeps what it was asked for.
 *
 * @returns {{model: object, calls: [string, ...any][], writes: () => string[]}} `writes` are the statuses
 *   written, in order
 */
function watchedModel(JobModel) {
    const calls = [];
    const model = wrapModel(JobModel, async ({method, args}, proceed) => {
        // Bookshelf adds to what it is given.
        calls.push([method, ...structuredClone(args)]);
        return proceed();
    });
    const writes = () => calls.filter(([method]) => method !== 'findOne').map(([, {status}]) => status);
    return {model, calls, writes};
}

const connectionLost = () =>
    Object.assign(new Error('Connection lost: The server closed the connection.'), {
        code: 'PROTOCOL_CONNECTION_LOST'
    });

module.exports = {connectionLost, slowModel, watchedModel, wrapModel};

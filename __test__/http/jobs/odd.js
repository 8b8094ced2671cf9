'use strict';

/** A result of all that JSON has no words for. */
module.exports = async () => {
    const odd = {
        token: 'abc',
        list: [{apiKey: 'def', password: 'ghi'}],
        count: 10n,
        map: new Map([['k', new Set([1])]]),
        bytes: Buffer.from('secret bytes'),
        when: new Date(0),
        never: new Date(NaN)
    };
    odd.self = odd;
    return odd;
};

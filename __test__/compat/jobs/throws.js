'use strict';

class PaymentError extends RangeError {
    get name() {
        return 'PaymentError';
    }
}

throw Object.assign(new PaymentError('job error', {cause: new Error('the reason')}), {
    code: 'E_PAYMENT',
    amount: 7
});

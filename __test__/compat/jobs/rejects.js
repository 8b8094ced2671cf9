'use strict';

Promise.reject(new TypeError('nobody caught this'));

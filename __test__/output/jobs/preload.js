'use strict';

// What a tool might print in each process.

console.log('preloaded');

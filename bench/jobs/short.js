'use strict';

// What a short job does: a little work and an end.
require('node:crypto').createHash('sha256').update('short').digest('hex');

'use strict';

throw new Error('no luck');

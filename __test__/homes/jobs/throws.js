'use strict';

throw new RangeError('no luck');

'use strict';

// eslint-disable-next-line no-throw-literal
throw 'only text';

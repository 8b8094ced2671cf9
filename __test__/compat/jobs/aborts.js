'use strict';

process.abort();

'use strict';

const JobManager = require('../../..');
const suite = require('./suite');

describe('a host', () => suite(JobManager, globalThis));

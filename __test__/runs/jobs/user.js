'use strict';

module.exports = () => ({pid: process.pid, user: process.getuid()});

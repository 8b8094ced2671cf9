'use strict';

process.stdout.write('a line of output\n');
process.stderr.write('a line of errors\n');

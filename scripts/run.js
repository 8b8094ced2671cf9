'use strict';

const {spawn} = require('node:child_process');
const {ROOT} = require('./commands');

const ignoreInterrupt = () => {};

/**
 * Runs a command to its end and passes its output on. An interrupt from the keyboard reaches the command too:
 * this process waits for how it ends.
 *
 * @param {import('./commands').Command} command
 * @param {{capture?: boolean}} [options] with `capture`, what it wrote to its standard output is kept as well
 * @returns {Promise<{ok: boolean, exitCode: number, output: string}>}
 */
function run({file, args, env, shell, cwd = ROOT}, {capture = false} = {}) {
    process.on('SIGINT', ignoreInterrupt);

    return new Promise((resolve, reject) => {
        const child = spawn(file, args, {
            cwd,
            env: {...process.env, ...env},
            shell,
            stdio: ['inherit', capture ? 'pipe' : 'inherit', 'inherit']
        });
        let output = '';
        child.stdout?.setEncoding('utf8').on('data', (text) => {
            output += text;
            process.stdout.write(text);
        });
        child.once('error', reject);
        child.once('close', (exitCode) => resolve({ok: exitCode === 0, exitCode: exitCode ?? 1, output}));
    }).finally(() => process.off('SIGINT', ignoreInterrupt));
}

module.exports = {run};

// Helps the checks of the examples: starts a program, waits for what it prints, and stops it as a service manager would.

import {spawn} from 'node:child_process';

const LIMIT_MS = 60_000;

/**
 * Starts a program, waits until it has printed every text, sends it a signal, and waits for its end.
 *
 * @param {string[]} command program and arguments
 * @param {string[]} texts what it has to print, in any order
 * @param {{signal?: string | null, exitCode?: number, env?: object, cwd?: string, onPrinted?: (output: string) => unknown}} [options] -
 *   `signal` (default SIGTERM; null: the program ends by itself) is sent when all texts have come and `onPrinted` has
 *   settled; `exitCode` (default 0) is what it must end with
 * @returns {Promise<string>} all that it printed
 */
export async function runUntil(command, texts, options = {}) {
    const {signal = 'SIGTERM', exitCode = 0, env, cwd, onPrinted = () => {}} = options;
    const [file, ...args] = command;
    const child = spawn(file, args, {cwd, env: {...process.env, ...env}, stdio: ['ignore', 'pipe', 'pipe']});
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    let output = '';
    const printed = new Promise((resolve) => {
        for (const stream of [child.stdout, child.stderr]) {
            stream.setEncoding('utf8').on('data', (text) => {
                output += text;
                if (texts.every((expected) => output.includes(expected))) {
                    resolve();
                }
            });
        }
    });
    const ended = new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code, killedBy) => resolve({code, killedBy}));
    });
    await Promise.race([printed, ended]);
    await Promise.resolve(onPrinted(output)).catch((error) => {
        output += `\n${error.stack}`;
        child.kill('SIGKILL');
    });
    if (signal !== null) {
        child.kill(signal);
    }
    const {code, killedBy} = await ended;
    clearTimeout(timer);
    const missing = texts.filter((expected) => !output.includes(expected));
    if (code !== exitCode || missing.length > 0) {
        const ending = killedBy ? `signal ${killedBy}` : `exit code ${code}`;
        console.error(output);
        console.error(
            `${command.join(' ')}: ended with ${ending}; missing in its output: ${JSON.stringify(missing)}`
        );
        process.exit(1);
    }
    return output;
}

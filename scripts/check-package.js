'use strict';

// Packs the packages and has them judged as a user's tools would see them: by publint, and the main one's types
// by "Are the types wrong?".

const {tool} = require('./commands');
const {pack} = require('./pack');
const {run} = require('./run');

async function main() {
    const {main: mainPackage, platforms} = pack();
    const checks = [
        ...[mainPackage, ...platforms].map((tarball) =>
            tool('publint', 'publint', 'run', tarball, '--strict', '--level', 'warning')
        ),
        tool('@arethetypeswrong/cli', 'attw', mainPackage, '--no-definitely-typed', '--no-emoji')
    ];
    for (const check of checks) {
        const {ok} = await run(check);
        process.exitCode ||= ok ? 0 : 1;
    }
}

main();

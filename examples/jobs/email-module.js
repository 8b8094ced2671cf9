'use strict';

const fs = require('node:fs/promises');
const path = require('node:path');

/**
 * An inline job in a module: the job manager calls what the module exports with the job's data.
 * "Sends" an e-mail by putting it into the outbox.
 */
module.exports = async function sendEmail({email}) {
    const outbox = path.join(process.env.QUICKSTART_FOLDER, 'outbox');
    await fs.mkdir(outbox, {recursive: true});
    await fs.writeFile(
        path.join(outbox, `${email}.eml`),
        `To: ${email}\nSubject: Hello\n\nHello from a job.\n`
    );
};

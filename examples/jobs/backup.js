'use strict';

// An offloaded one-off job: packs the inbox into a compressed tar archive named after the job.

const fs = require('node:fs');
const path = require('node:path');
const {parentPort, workerData} = require('node:worker_threads');
const {gzipSync} = require('node:zlib');

const BLOCK_BYTES = 512;
const inbox = path.join(process.env.QUICKSTART_FOLDER, 'inbox');
const archive = path.join(process.env.QUICKSTART_FOLDER, 'backups', `${workerData.job.name}.tar.gz`);

/** The header of one file, in the POSIX ustar format: texts and octal numbers at fixed offsets. */
function tarHeader(name, sizeBytes) {
    const header = Buffer.alloc(BLOCK_BYTES);
    header.write(name, 0);
    header.write('0000644\0', 100);
    header.write(sizeBytes.toString(8).padStart(11, '0'), 124);
    header.write('00000000000', 136);
    header.write(' '.repeat(8), 148);
    header.write('0', 156);
    header.write('ustar\x0000', 257);

    // The checksum is taken over a header whose own checksum field is blank.
    const checksum = header.reduce((sum, byte) => sum + byte, 0);
    header.write(checksum.toString(8).padStart(6, '0') + '\0 ', 148);
    return header;
}

function tarEntry(name) {
    const content = fs.readFileSync(path.join(inbox, name));
    const padding = Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES);
    return Buffer.concat([tarHeader(name, content.length), content, padding]);
}

const files = fs.readdirSync(inbox).toSorted();
const endOfArchive = Buffer.alloc(2 * BLOCK_BYTES);

fs.mkdirSync(path.dirname(archive), {recursive: true});
// Written aside and moved: a backup is never there in part, and making it again is safe.
fs.writeFileSync(`${archive}.part`, gzipSync(Buffer.concat([...files.map(tarEntry), endOfArchive])));
fs.renameSync(`${archive}.part`, archive);

parentPort.postMessage({archive, files: files.length});
parentPort.postMessage('done');

'use strict';

// Which versions of shared libraries an ELF file needs. The dynamic loader refuses a file that needs a version which
// the library of that machine does not have ("version `GLIBC_2.34' not found").

/** The section type of the versions needed (.gnu.version_r), SHT_GNU_verneed. */
const VERSIONS_NEEDED = 0x6ffffffe;
const ELF_MAGIC = Buffer.from('\x7fELF', 'latin1');
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;

/** @typedef {{type: number, offset: number, link: number, info: number}} Section */

/** @returns {Section[]} */
function sectionsOf(elf) {
    const start = Number(elf.readBigUInt64LE(0x28));
    const size = elf.readUInt16LE(0x3a);
    const count = elf.readUInt16LE(0x3c);
    return Array.from({length: count}, (_, index) => {
        const header = elf.subarray(start + index * size);
        return {
            type: header.readUInt32LE(0x04),
            offset: Number(header.readBigUInt64LE(0x18)),
            link: header.readUInt32LE(0x28),
            info: header.readUInt32LE(0x2c)
        };
    });
}

function stringAt(elf, offset) {
    return elf.toString('latin1', offset, elf.indexOf(0, offset));
}

/**
 * The entries of a list in which each says how far away the next is.
 *
 * @yields {number} the offset of an entry
 */
function* chain(start, count, nextOf) {
    let offset = start;
    for (let index = 0; index < count; index += 1) {
        yield offset;
        offset += nextOf(offset);
    }
}

/**
 * The versions that a 64-bit little-endian ELF file needs, such as `GLIBC_2.17`. Empty when it needs none.
 *
 * @param {Buffer} elf
 * @returns {string[]}
 * @throws {Error} when it is something else: its versions would go unread
 */
function symbolVersions(elf) {
    if (!elf.subarray(0, 4).equals(ELF_MAGIC) || elf[4] !== CLASS_64 || elf[5] !== LITTLE_ENDIAN) {
        throw new Error('not a 64-bit little-endian ELF file');
    }
    const sections = sectionsOf(elf);
    if (sections.length === 0) {
        throw new Error('the ELF file has no section headers to find the versions by');
    }
    const versions = [];
    for (const {offset, link, info} of sections.filter(({type}) => type === VERSIONS_NEEDED)) {
        // Elf64_Verneed: a library, and how many of its versions (Elf64_Vernaux) are needed.
        for (const library of chain(offset, info, (at) => elf.readUInt32LE(at + 12))) {
            const first = library + elf.readUInt32LE(library + 8);
            const count = elf.readUInt16LE(library + 2);
            for (const version of chain(first, count, (at) => elf.readUInt32LE(at + 12))) {
                versions.push(stringAt(elf, sections[link].offset + elf.readUInt32LE(version + 8)));
            }
        }
    }
    return versions;
}

/**
 * The versions of glibc among them that are newer than a floor.
 *
 * @param {string[]} versions
 * @param {string} floor such as `2.28`
 */
function newerThanGlibc(versions, floor) {
    const [, floorMinor] = floor.split('.').map(Number);
    return versions.filter((version) => {
        const minor = /^GLIBC_2\.(?<minor>\d+)/.exec(version)?.groups.minor;
        // What has no such number (GLIBC_PRIVATE, GLIBC_ABI_DT_RELR) belongs to one build of glibc, or came after 2.28.
        return version.startsWith('GLIBC_') && (minor === undefined || Number(minor) > floorMinor);
    });
}

module.exports = {symbolVersions, newerThanGlibc};

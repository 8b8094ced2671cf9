'use strict';

// `npm run licenses`: writes THIRD-PARTY-LICENSES, the licences of the code of others that is in the addon.

const fs = require('node:fs');
const path = require('node:path');
const {ROOT} = require('./commands');
const {linkedCrates} = require('./crates');

const FILE = 'THIRD-PARTY-LICENSES';
const RULE = '-'.repeat(80);
const LICENSE_FILE = /^(?:licen[cs]e|copying|copyright|notice|unlicense)/i;
/** The licences that we accept; of those that a crate offers, the first one here is the one that is used. */
const ACCEPTED = ['MIT', 'ISC', 'BSD-3-Clause', 'Zlib', 'Unicode-3.0', 'Apache-2.0'];
/** Texts of the licences that a crate under the MIT licence offers besides. */
const OTHER_THAN_MIT = /apache|unlicense|^copying$/i;

const MIT_TERMS = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

const HEADER = `The native addon of @tryghost/job-manager contains code of the Rust crates below, on one platform or another. Each is
used under the licence that is named first, with the texts that its authors ship. \`npm run licenses\` writes this file.

It also contains parts of the Rust standard library, under the MIT licence:

Copyright (c) The Rust Project Contributors

${MIT_TERMS}

The notices of the libraries that the standard library contains are in share/doc/rust/COPYRIGHT-library.html of each
Rust release. On musl targets that includes musl, Copyright (c) 2005-2020 Rich Felker, et al., under the same terms.
`;

/**
 * The licences that a crate is used under: one of each group that its expression joins by AND.
 *
 * @param {string} expression such as `(MIT OR Apache-2.0) AND Unicode-3.0`, or the older `MIT/Apache-2.0`
 * @returns {string[]}
 * @throws {Error} when a group offers none that we accept
 */
function chosenLicenses(expression) {
    return expression.split(/\)? AND \(?/).map((group) => {
        const offered = group.replaceAll(/[()]/g, '').split(/ OR |\//);
        const chosen = ACCEPTED.find((license) => offered.includes(license));
        if (!chosen) {
            throw new Error(
                `no licence in "${expression}" is among the accepted ones: ${ACCEPTED.join(', ')}`
            );
        }
        return chosen;
    });
}

/** The texts that go with the chosen licences, as the crate ships them. */
function licenseTexts({name, authors, folder}, chosen) {
    const shipped = fs.readdirSync(folder).filter((file) => LICENSE_FILE.test(file));
    const hasMit = chosen.includes('MIT') && shipped.some((file) => /mit/i.test(file));
    const files = shipped.filter((file) => !(hasMit && OTHER_THAN_MIT.test(file))).toSorted();
    if (files.length > 0) {
        return files.map((file) =>
            fs.readFileSync(path.join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim()
        );
    }
    if (chosen.join() !== 'MIT') {
        throw new Error(
            `the crate ${name} ships no text of its licence, ${chosen.join(' and ')}: add it here by hand`
        );
    }
    return [`Copyright (c) ${authors.join(', ') || `the authors of ${name}`}\n\n${MIT_TERMS}`];
}

function section(crate) {
    const chosen = chosenLicenses(crate.license);
    const offered = crate.license === chosen.join(' AND ') ? '' : ` (offered as ${crate.license})`;
    const heading = [`${crate.name} ${crate.version}`, `${chosen.join(' AND ')}${offered}`, crate.repository];
    return [heading.filter(Boolean).join('\n'), ...licenseTexts(crate, chosen)].join('\n\n');
}

/** What THIRD-PARTY-LICENSES has to contain. */
function thirdPartyLicenses() {
    return [HEADER.trim(), ...linkedCrates().map(section)].join(`\n\n${RULE}\n\n`).concat('\n');
}

if (require.main === module) {
    fs.writeFileSync(path.join(ROOT, FILE), thirdPartyLicenses());
}

module.exports = {ACCEPTED, FILE, chosenLicenses, thirdPartyLicenses};

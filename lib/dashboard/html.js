'use strict';

/**
 * The one template of all pages. Every value is escaped, both for text and for a quoted attribute; values that are templates
 * themselves are put in as they are:
 *
 *     html`<a href="${url}">${name}</a>`
 *
 * An array is joined. `undefined`, `null` and `false` are left out. Attributes are always written in double quotes.
 */

/** Has one of these characters: to be escaped, or to be shown by a mark. */
const SPECIAL =
    // eslint-disable-next-line no-control-regex
    /[&<>"'\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udfff]/;
const EACH = new RegExp(SPECIAL.source, 'gu');

const ENTITIES = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'};

/** U+2400 and the following: a picture of each control character. */
const PICTURES = 0x2400;
const DELETE = 0x7f;

/** Text that is HTML already. Only `html` makes one. */
class Html {
    #text;

    /** @param {string} text */
    constructor(text) {
        this.#text = text;
    }

    toString() {
        return this.#text;
    }
}

/** What is shown in the place of a character that is not seen, or that turns the direction of the text around it. */
function replacement(character) {
    const entity = ENTITIES[character];
    if (entity !== undefined) {
        return entity;
    }
    const code = character.codePointAt(0);
    if (code > 0xffff) {
        return character;
    }
    if (code < 0x20) {
        return String.fromCharCode(PICTURES + code);
    }
    return code === DELETE ? '\u2421' : '\ufffd';
}

/**
 * @param {unknown} value
 * @returns {string} for text and for attributes in quotes
 */
function escape(value) {
    const text = String(value);
    return SPECIAL.test(text) ? text.replace(EACH, replacement) : text;
}

/** @param {unknown} value */
function rendered(value) {
    if (typeof value === 'number') {
        return String(value);
    }
    if (value instanceof Html) {
        return value.toString();
    }
    if (value === undefined || value === null || value === false) {
        return '';
    }
    if (Array.isArray(value)) {
        let text = '';
        for (const item of value) {
            text += rendered(item);
        }
        return text;
    }
    return escape(value);
}

/** Elements around which white space is not seen. */
const BLOCK =
    'html|head|body|meta|link|script|header|footer|main|nav|section|div|p|h[1-6]|ul|ol|li|dl|dt|dd|form|table|caption|thead|tbody|tr|th|td|details|summary|figure|figcaption|option|select|circle|rect|line|path|use|title|desc';
const AROUND_BLOCKS = new RegExp(
    `(<(?:${BLOCK})\\b[^>]*>|</(?:${BLOCK})>|/>)?\\s*\\n\\s*(?=(</?(?:${BLOCK})\\b|/?>)?)`,
    'g'
);

/** The texts of templates, without the white space that they are laid out by in the source. @type {WeakMap<object, string[]>} */
const compact = new WeakMap();

/** Stands for a value, which may be within a tag. */
const VALUE = '\ue000';

function compactOf(strings) {
    let texts = compact.get(strings);
    if (texts === undefined) {
        texts = strings
            .join(VALUE)
            .replace(AROUND_BLOCKS, (_all, before, after) => before ?? (after === undefined ? ' ' : ''))
            .replaceAll(/\s*\n\s*/g, ' ')
            .split(VALUE);
        compact.set(strings, texts);
    }
    return texts;
}

/**
 * @param {TemplateStringsArray} strings
 * @param {...unknown} values
 * @returns {Html}
 */
function html(strings, ...values) {
    const texts = compactOf(strings);
    let text = texts[0];
    for (let index = 0; index < values.length; index++) {
        text += rendered(values[index]) + texts[index + 1];
    }
    return new Html(text);
}

/**
 * Attributes of an element: those whose value is `undefined`, `null` or `false` are left out, `true` has no value.
 *
 * @param {Record<string, unknown>} given - the names are of this package's own
 * @returns {Html}
 */
function attributes(given) {
    let text = '';
    for (const [name, value] of Object.entries(given)) {
        if (value === true) {
            text += ` ${name}`;
        } else if (value !== undefined && value !== null && value !== false) {
            text += ` ${name}="${escape(value)}"`;
        }
    }
    return new Html(text);
}

module.exports = {Html, attributes, html};

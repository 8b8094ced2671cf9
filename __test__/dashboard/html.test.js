'use strict';

// The template of the pages, the words that times and sizes are shown by, and what of a value of a job is shown.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {attributes, html} = require('../../lib/dashboard/html');
const {shownJson} = require('../../lib/dashboard/parts/redact');
const {clock, count, duration, percent, plural, relative, size} = require('../../lib/dashboard/words');

const plain = (text) => text.replaceAll('\u00a0', ' ');

test('every value of a template is escaped, in text and in attributes', () => {
    const hostile = `<script>alert("1")</script> & 'x'`;
    assert.equal(
        String(html`<a title="${hostile}">${hostile}</a>`),
        '<a title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;">' +
            '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;</a>'
    );
});

test('templates within templates stay as they are, arrays are joined, and what is absent is left out', () => {
    const items = ['<', 1, undefined, null, false].map((value) => html`<li>${value}</li>`);
    assert.equal(
        String(
            html`<ul>
                ${items}
            </ul>`
        ),
        '<ul><li>&lt;</li><li>1</li><li></li><li></li><li></li></ul>'
    );
    assert.equal(String(html`${['a', ['<b>', html`<i/>`]]}`), 'a&lt;b&gt;<i/>');
    assert.equal(String(html`${0}${''}`), '0');
});

test('an object that has the text of HTML is not taken for a template', () => {
    assert.equal(String(html`${{toString: () => '<b>'}}`), '&lt;b&gt;');
});

test('marks that turn the direction of text, and control characters, are shown and not obeyed', () => {
    const marks = [
        '\u202a',
        '\u202e',
        '\u2066',
        '\u2069',
        '\u200e',
        '\u200f',
        '\u061c',
        '\u200b',
        '\ufeff',
        '\u2028',
        '\u0085'
    ];
    assert.equal(String(html`${marks.join('')}`), '\ufffd'.repeat(marks.length));
    assert.equal(String(html`${'\0\x1b[31m\x7f\r'}`), '\u2400\u241b[31m\u2421\u240d');
    assert.equal(String(html`${'\ud800x\udfff'}`), '\ufffdx\ufffd', 'half of a surrogate pair');
    assert.equal(String(html`${'line\n\ttab 😀 אבג ‌‍'}`), 'line\n\ttab 😀 אבג ‌‍', 'writing is left alone');
});

test('attributes are left out, alone, or in quotes', () => {
    const given = {title: '"<', hidden: true, id: undefined, class: null, open: false, width: 0};
    assert.equal(String(attributes(given)), ' title="&quot;&lt;" hidden width="0"');
});

test('durations have the units that they are read in', () => {
    const shown = [
        0, 0.4, 340, 999.7, 2_100, 9_990, 41_000, 59_600, 200_000, 3_599_800, 7_500_000, 86_399_000,
        273_600_000
    ];
    assert.deepEqual(
        shown.map((ms) => plain(duration(ms))),
        [
            '0 ms',
            '<1 ms',
            '340 ms',
            '1.0 s',
            '2.1 s',
            '10 s',
            '41 s',
            '1 min',
            '3 min 20 s',
            '1 h',
            '2 h 5 min',
            '1 d',
            '3 d 4 h'
        ]
    );
    assert.equal(duration(undefined), '–');
});

test('times are ahead, ago or now', () => {
    const now = Date.now();
    const shown = [500, 1_500, 59_700, 7_200_000, -12_000, 260_000_000];
    assert.deepEqual(
        shown.map((ms) => plain(relative(now + ms, now))),
        ['now', 'in 2 s', 'in 1 min', 'in 2 h', '12 s ago', 'in 3 d']
    );
});

test('a time of day has its date where that is another day, in the zone that it is shown in', () => {
    const now = Date.parse('2026-11-28T15:30:00Z');
    const date = new Date('2026-11-28T14:30:00Z');
    assert.equal(clock(date, now, 'UTC'), '14:30:00');
    assert.match(clock(date, now, 'Asia/Tokyo'), /^Sat,? 28 Nov, 23:30$/);
    assert.match(clock(new Date(now - 86_400_000), now, 'UTC'), /^Fri,? 27 Nov, 15:30$/);
});

test('sizes, counts and shares are short, and never say all or nothing wrongly', () => {
    assert.deepEqual(
        [0, 999, 1_500, 188e6, 2e13].map((bytes) => plain(size(bytes))),
        ['0 B', '999 B', '1.5 kB', '188 MB', '20 TB']
    );
    assert.deepEqual([1, 1_234_567].map(count), ['1', '1,234,567']);
    assert.deepEqual(
        [plural(1, 'run'), plural(2_000, 'run'), plural(0, 'process', 'processes')],
        ['1 run', '2,000 runs', '0 processes']
    );
    assert.deepEqual(
        [0, 0.0001, 0.5, 0.9999, 1].map((share) => plain(percent(share))),
        ['0 %', '1 %', '50 %', '99 %', '100 %']
    );
});

test('values whose names say that they are secret are masked, however deep', () => {
    const value = {
        user: 'ada',
        password: 'x',
        list: [{apiKey: 'x'}],
        map: new Map([['token', 'x']]),
        set: new Set([1])
    };
    const shown = shownJson(value, {where: 'result', indent: 0});
    assert.equal(
        shown,
        '{"user":"ada","password":"••••••","list":[{"apiKey":"••••••"}],"map":{"token":"••••••"},"set":[1]}'
    );
});

test('what the host redacts is shown as it has left it', () => {
    const redact = (value, where) => ({where, token: value.token.length});
    assert.equal(shownJson({token: 'abc'}, {redact, where: 'data', indent: 0}), '{"where":"data","token":3}');
    const broken = () => {
        throw new Error('broken');
    };
    assert.equal(shownJson({}, {redact: broken, where: 'data', indent: 0}), 'a value that cannot be shown');
});

test('a value that holds itself, or one part many times, is shown in bounds', () => {
    const circle = {name: 'circle'};
    circle.self = circle;
    assert.ok(shownJson(circle, {where: 'result', indent: 0}).length < 1_000);
    let bomb = {leaf: 'x'.repeat(1_000)};
    for (let depth = 0; depth < 40; depth++) {
        bomb = {left: bomb, right: bomb, more: [bomb, bomb]};
    }
    const begin = process.cpuUsage().user;
    assert.ok(shownJson(bomb, {where: 'result', indent: 0}).length < 200_000);
    assert.ok(process.cpuUsage().user - begin < 2_000_000, 'it took more than two seconds of the processor');
});

test('values that JSON has no word for are shown all the same', () => {
    const value = {
        big: 10n,
        bytes: new Uint8Array(3),
        when: new Date(0),
        error: new TypeError('no'),
        f: () => 1,
        u: undefined
    };
    const shown = JSON.parse(shownJson(value, {where: 'result', indent: 0}));
    assert.deepEqual(shown, {
        big: '10',
        bytes: '[3 bytes]',
        when: '1970-01-01T00:00:00.000Z',
        error: 'TypeError: no',
        f: '() => 1',
        u: 'undefined'
    });
    assert.equal(shownJson(undefined, {where: 'result', indent: 0}), '"undefined"');
});

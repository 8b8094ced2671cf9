'use strict';

/**
 * Random cron lines and sentences of the grammar that the old package accepts, the same for the same seed.
 */

const UNITS = {
    second: ['second', 0, 59],
    minute: ['minute', 0, 59],
    hour: ['hour', 0, 23],
    day: ['day of the month', 1, 31],
    weekday: ['day of the week', 1, 7],
    yearDay: ['day of the year', 1, 366],
    week: ['week of the year', 1, 53],
    monthWeek: ['week of the month', 1, 5],
    instance: ['day instance', 1, 5],
    month: ['month', 1, 12]
};
/** Units of a week. */
const WEEKS = ['week', 'monthWeek', 'instance'];
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = [
    'jan',
    'february',
    'mar',
    'april',
    'may',
    'june',
    'july',
    'aug',
    'sept',
    'oct',
    'nov',
    'december'
];

/** The divisors of 60 and 24: other lone intervals follow elapsed time. */
const EVEN_STEPS = {
    second: [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60],
    minute: [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60],
    hour: [1, 2, 3, 4, 6, 8, 12, 24]
};

/** Numbers, choices and texts from one seed. */
class Random {
    #state;

    constructor(seed) {
        this.#state = seed | 0;
    }

    /** A number from 0 up to 1 (mulberry32). */
    next() {
        this.#state = (this.#state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    }

    integer(first, last) {
        return first + Math.floor(this.next() * (last - first + 1));
    }

    pick(items) {
        return items[this.integer(0, items.length - 1)];
    }

    /** True once in so many times. */
    oneIn(count) {
        return this.next() * count < 1;
    }

    /** Different numbers, ascending: `later` needs them so. */
    ascending(first, last, count) {
        const numbers = new Set();
        while (numbers.size < count) {
            numbers.add(this.integer(first, last));
        }
        return [...numbers].toSorted((left, right) => left - right);
    }

    /** A whole second within ten years. */
    instantMs() {
        return this.integer(1_750_000_000, 2_065_000_000) * 1000;
    }

    cronLine() {
        const bounds = [
            [0, 59],
            [0, 59],
            [0, 23],
            [1, 31],
            [1, 12],
            [0, 6]
        ];
        return bounds.map(([first, last]) => this.#cronField(first, last)).join(' ');
    }

    #cronField(first, last) {
        if (this.oneIn(2.5)) {
            return '*';
        }
        const count = this.oneIn(2) ? 1 : this.integer(2, 3);
        return Array.from({length: count}, () => this.#cronElement(first, last)).join(',');
    }

    #cronElement(first, last) {
        const value = this.integer(first, last);
        const [from, to] = this.ascending(first, last, 2);
        return this.pick([
            value,
            value,
            `${from}-${to}`,
            `*/${this.integer(1, last)}`,
            `${value}/${this.integer(1, last)}`,
            `${from}-${to}/${this.integer(1, to - from)}`
        ]);
    }

    sentence() {
        const used = new Set();
        const time = this.#timePart(used);
        const parts = [time, this.#dayPart(used)];
        // Where nothing smaller than a week occurs, `later` loses or moves the weeks that another condition cuts.
        const weekly = !time && WEEKS.some((unit) => used.has(unit));
        if (!time) {
            WEEKS.forEach((unit) => used.add(unit));
        }
        if (!weekly) {
            parts.push(
                this.oneIn(3) && this.#dayPart(used),
                this.oneIn(5) && this.#limit(used),
                this.oneIn(10) && `in ${this.ascending(2026, 2035, this.integer(1, 3)).join(', ')}`
            );
        }
        let text = parts.filter(Boolean).join(' ') || 'every weekday';
        if (time && this.oneIn(8)) {
            text += ` also ${this.#timePart(new Set()) || 'every weekend'}`;
        }
        // `later` loses what begins within an exception and ends after it, so these cover whole days.
        if (time && this.oneIn(8)) {
            text += ` except ${this.#dayPart(new Set(WEEKS)) || 'on monday'}`;
        }
        return text;
    }

    #timePart(used) {
        const unit = this.pick(['second', 'minute', 'hour']);
        switch (this.integer(0, 5)) {
            case 0:
                return '';
            case 1:
                return `at ${this.ascending(0, 1439, this.integer(1, 3))
                    .map((minute) => this.#time(minute))
                    .join(this.pick([' and ', ', ']))}`;
            case 2:
                used.add(unit);
                return this.#numbered(unit);
            default:
                used.add(unit);
                return this.#every(unit, this.pick(EVEN_STEPS[unit]));
        }
    }

    #dayPart(used) {
        const unit = this.pick(Object.keys(UNITS).slice(3));
        if (used.has(unit)) {
            return '';
        }
        used.add(unit);
        if (unit === 'weekday' && this.oneIn(3)) {
            return this.pick(['every weekday', 'every weekend']);
        }
        if (unit === 'weekday' && this.oneIn(2)) {
            return this.#named('on', DAYS);
        }
        if (unit === 'instance' && !used.has('weekday') && this.oneIn(4)) {
            used.add('weekday');
            return `on the last day instance on ${this.pick(DAYS)}`;
        }
        if (unit === 'month' && this.oneIn(1.5)) {
            return this.#named('of', MONTHS);
        }
        const [, first, last] = UNITS[unit];
        return this.oneIn(3)
            ? this.#every(unit, this.integer(1, Math.min(last - first, 20)))
            : this.#numbered(unit);
    }

    #every(unit, step) {
        const [words, first, last] = UNITS[unit];
        const period = step > 1 && unit !== 'instance' ? words.replace(/^\w+/, '$&s') : words;
        const count = this.oneIn(5) ? ordinal(step) : step;
        const [from, to] = this.ascending(first, last, 2);
        switch (this.integer(0, 6)) {
            case 0:
                return `every ${count} ${period} starting ${this.pick(['on the', 'on', 'at'])} ${ordinal(from)} ${words}`;
            case 1:
                return `every ${count} ${period} between ${this.pick(['', 'the '])}${ordinal(from)} and ${ordinal(to)}`;
            default:
                return `every ${count} ${period}`;
        }
    }

    #numbered(unit) {
        const [words, first, last] = UNITS[unit];
        const numbers = this.ascending(first, last, this.pick([1, 1, 2, 3])).map(ordinal);
        return this.pick([
            `on the first ${words}`,
            // Of the last day instances alone `later` makes two a month.
            `on the ${unit === 'instance' ? 'first' : 'last'} ${words}`,
            `on the ${numbers.join(this.pick([' and ', ', ', ',']))} ${words}`,
            `on the ${numbers[0]} ${words}`,
            `on the ${this.ascending(first, last, 2).map(ordinal).join(' through ')} ${words}`
        ]);
    }

    #named(preposition, names) {
        const places = this.ascending(0, names.length - 1, this.integer(1, 3));
        const joint = places.length === 2 ? this.pick([' and ', '-', ' through ']) : ', ';
        return `${preposition} ${places.map((place) => names[place]).join(joint)}`;
    }

    #limit(used) {
        const side = this.pick(['after', 'before']);
        if (this.oneIn(2)) {
            // `later` runs an hour that a limit cuts at its beginning, outside of the limit.
            return `${side} ${this.#time(used.has('hour') ? this.integer(1, 23) * 60 : this.integer(1, 1438))}`;
        }
        // Not the last days of a month: what `later` makes of them depends on the month in which it is asked.
        const [words, last] = this.pick([
            [UNITS.hour[0], 22],
            [UNITS.day[0], 20],
            [UNITS.month[0], 11]
        ]);
        return `${side} ${ordinal(this.integer(2, last))} ${words}`;
    }

    #time(minuteOfDay) {
        const hour = Math.floor(minuteOfDay / 60);
        const minute = String(minuteOfDay % 60).padStart(2, '0');
        if (this.oneIn(2)) {
            return `${String(hour).padStart(2, '0')}:${minute}`;
        }
        return `${hour % 12 || 12}:${minute}${this.pick(['', ' '])}${hour < 12 ? 'am' : 'pm'}`;
    }
}

function ordinal(number) {
    const suffix = ['th', 'st', 'nd', 'rd'][number % 100 > 10 && number % 100 < 14 ? 0 : number % 10] ?? 'th';
    return `${number}${suffix}`;
}

module.exports = {Random};

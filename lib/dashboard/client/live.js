'use strict';

const {Idiomorph} = require('idiomorph');
const {showTimes} = require('./times');

/** At most two pages a second are asked for, and fewer of a host that takes long to make one. */
const SHORTEST_MS = 500;
const PER_TIME_TAKEN = 5;
/** The host has refused the events: it has many visitors, or is not there. */
const AGAIN_MS = 10_000;
const MARKED_MS = 1_600;

/** Events that change what is due. */
const JOB_EVENTS = [
    'job added',
    'job removed',
    'job paused',
    'job resumed',
    'all paused',
    'all resumed',
    'cluster changed',
    'ready',
    'reset',
    'gap'
];
const RUN_EVENTS = [
    'run queued',
    'run started',
    'run online',
    'run progress',
    'run log',
    'run output',
    'attempt failed',
    'run ended',
    'run skipped',
    'run slow',
    'run late'
];

const WORDS = {live: 'Live', paused: 'Paused', lost: 'Reconnecting'};

/** Keeps the page as the server would make it now. */
class LivePage {
    #url;
    #events;
    #source;
    #button = document.getElementById('live');
    #isAsking = false;
    #isStale = false;
    #waitMs = SHORTEST_MS;
    #onChange = () => {};
    #isEnded = false;
    isOn = true;

    /** @param {{url?: string, watch?: string}} page - `watch`: 'jobs', if runs do not change it */
    constructor({url, watch}) {
        this.#url = url;
        this.#events = watch === 'jobs' ? JOB_EVENTS : [...JOB_EVENTS, ...RUN_EVENTS];
    }

    /** @param {() => void} onChange - the page has changed */
    start(onChange) {
        this.#onChange = onChange;
        if (this.#url === undefined) {
            return;
        }
        this.#button.hidden = false;
        this.#button.addEventListener('click', () => this.#turn(!this.isOn));
        // A browser has six connections to a host for all its windows, and each would hold one.
        document.addEventListener('visibilitychange', () => {
            if (document.hidden) {
                this.#source?.close();
            } else if (this.isOn && !this.#isEnded) {
                this.#connect();
            }
        });
        addEventListener('pagehide', () => this.#source?.close());
        // From the cache of the browser, where the connection has ended.
        addEventListener('pageshow', ({persisted}) => persisted && this.isOn && this.#connect());
        this.#connect();
    }

    #turn(isOn) {
        this.isOn = isOn;
        document.getElementById('counts')?.setAttribute('aria-live', isOn ? 'polite' : 'off');
        if (isOn) {
            this.#connect();
            this.refresh();
        } else {
            this.#source?.close();
            this.#show('paused');
        }
    }

    #connect() {
        this.#source?.close();
        if (document.hidden) {
            return;
        }
        const source = new EventSource(this.#url);
        this.#source = source;
        source.addEventListener('open', () => this.#show('live'));
        source.addEventListener('error', () => this.#lost(source));
        for (const name of this.#events) {
            source.addEventListener(name, () => this.refresh());
        }
    }

    #lost(source) {
        if (source !== this.#source || !this.isOn) {
            return;
        }
        this.#show('lost');
        // A browser connects again by itself, unless it was refused.
        if (source.readyState === EventSource.CLOSED) {
            setTimeout(
                () => source === this.#source && this.isOn && !document.hidden && this.#connect(),
                AGAIN_MS
            );
        }
    }

    #show(state) {
        this.#button.dataset.state = state;
        this.#button.setAttribute('aria-pressed', String(state !== 'paused'));
        document.getElementById('live-word').textContent = WORDS[state];
    }

    /** The page has changed, or may have: asks for it soon. */
    refresh() {
        this.#isStale = true;
        if (!this.#isAsking && !document.hidden && !this.#isEnded) {
            this.#isAsking = true;
            setTimeout(() => this.#ask(), this.#untilNext());
        }
    }

    #lastMs = -Infinity;
    /** The last answer; one slow one, such as the first of a host, does not count. */
    #tookMs = 0;

    #untilNext() {
        return Math.max(0, this.#lastMs + this.#waitMs - performance.now());
    }

    async #ask() {
        if (!this.isOn || document.hidden) {
            this.#isAsking = false;
            return;
        }
        this.#isStale = false;
        const beganMs = performance.now();
        try {
            const answer = await fetch(location.href, {headers: {accept: 'text/html'}});
            if (answer.ok) {
                this.#take(await answer.text());
            } else if (answer.status === 401 || answer.status === 403) {
                this.#end();
            }
        } catch {
            // The host is away: the events begin anew when it is there again.
        }
        this.#lastMs = performance.now();
        const tookMs = this.#lastMs - beganMs;
        this.#waitMs = Math.max(SHORTEST_MS, PER_TIME_TAKEN * Math.min(tookMs, this.#tookMs));
        this.#tookMs = tookMs;
        this.#isAsking = false;
        if (this.#isStale && this.isOn) {
            this.refresh();
        }
    }

    #take(text) {
        const page = new DOMParser().parseFromString(text, 'text/html');
        const [old, fresh] = [document.getElementById('main'), page.getElementById('main')];
        if (!this.isOn || fresh === null) {
            return;
        }
        showTimes(page);
        // What an action has come to has been read, or will be.
        const flash = old.querySelector('.flash');
        if (flash !== null && fresh.querySelector('.flash') === null) {
            fresh.prepend(flash.cloneNode(true));
        }
        const before = valuesOf(old);
        Idiomorph.morph(old, fresh, {
            ignoreActiveValue: true,
            callbacks: {beforeAttributeUpdated: isToUpdate}
        });
        Idiomorph.morph(document.querySelector('.foot'), page.querySelector('.foot'));
        document.title = page.title;
        for (const element of old.querySelectorAll('[data-script]')) {
            element.hidden = false;
        }
        mark(old, before);
        this.#onChange();
        if (page.body.dataset.events === undefined) {
            // A run that has ended.
            this.#end();
        }
    }

    /** The page will not change any more. */
    #end() {
        this.#isEnded = true;
        this.#source?.close();
        this.#button.hidden = true;
    }
}

/** What the visitor has opened or ticked stays so. */
function isToUpdate(name, element) {
    const isOpen = name === 'open' && element.matches('details');
    const isTicked = name === 'checked' && element.id === 'follow';
    return !isOpen && !isTicked;
}

const valuesOf = (root) =>
    new Map(Array.from(root.querySelectorAll('[data-key]'), ({dataset}) => [dataset.key, dataset.value]));

/** Shows for a moment what has changed. */
function mark(root, before) {
    for (const element of root.querySelectorAll('[data-key]')) {
        const {key, value} = element.dataset;
        if (before.get(key) !== value) {
            element.classList.add('changed');
            setTimeout(() => element.classList.remove('changed'), MARKED_MS);
        }
    }
}

module.exports = {LivePage};

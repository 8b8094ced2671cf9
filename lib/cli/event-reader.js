'use strict';

/**
 * The events of a stream of server-sent events.
 *
 * @param {AsyncIterable<Buffer>} pieces
 * @yields {{event: string, data: any}} `data` is parsed
 */
async function* readEvents(pieces) {
    const decoder = new TextDecoder();
    let text = '';
    for await (const piece of pieces) {
        text += decoder.decode(piece, {stream: true});
        const blocks = text.split('\n\n');
        text = blocks.pop();
        for (const block of blocks) {
            const message = parse(block);
            if (message !== undefined) {
                yield message;
            }
        }
    }
}

/** @returns {{event: string, data: any} | undefined} undefined for a comment */
function parse(block) {
    let event;
    const data = [];
    for (const line of block.split('\n')) {
        const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
        if (name === 'event') {
            event = value;
        } else if (name === 'data') {
            data.push(value);
        }
    }
    return event === undefined
        ? undefined
        : {event, data: data.length > 0 ? JSON.parse(data.join('\n')) : {}};
}

module.exports = {readEvents};

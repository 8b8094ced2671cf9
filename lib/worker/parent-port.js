'use strict';

/**
 * The job's `parentPort`: one end of a real MessageChannel. What comes from the host is posted into the other end, so
 * that every way of listening, its order and its effect on the life of the event loop are Node's own. What the job posts
 * does not pass through the channel but leaves at once, through the frames of the host.
 */

const {MessageChannel, MessagePort} = require('node:worker_threads');

const nodePostMessage = MessagePort.prototype.postMessage;
const nodeClose = MessagePort.prototype.close;
const nodeRef = MessagePort.prototype.ref;

function hide(object, name, value) {
    Object.defineProperty(object, name, {value, enumerable: false, writable: true, configurable: true});
}

/** The list of a postMessage() call, in either of its forms, as an array; empty when there is none or it is not one. */
function transfersOf(listOrOptions) {
    const list = listOrOptions?.[Symbol.iterator] ? listOrOptions : listOrOptions?.transfer;
    return list?.[Symbol.iterator] ? [...list] : [];
}

function assertTransferable(transfers) {
    for (const item of transfers) {
        if (item instanceof MessagePort || item?.constructor?.name === 'FileHandle') {
            throw new DOMException(
                `#<${item.constructor.name}> could not be transferred: it cannot be moved to another process.`,
                'DataCloneError'
            );
        }
    }
}

/**
 * Checks and empties what a job transfers. A closed port still checks its arguments, with the errors Node has for
 * them, and detaches what is transferred, as the standard wants.
 */
function detach(listOrOptions) {
    const {port1, port2} = new MessageChannel();
    port1.close();
    port2.close();
    nodePostMessage.call(port1, undefined, listOrOptions);
}

/**
 * Makes the two ends.
 *
 * @param {(value: unknown, release: () => void) => void} post sends a value of the job's to the host; calls `release`
 *   once the value is copied and before it is sent
 * @param {() => void} onListen called when the port gets its first listener for messages (and when the job calls `ref`)
 * @returns {{parentPort: MessagePort, deliver: (value: unknown) => void}} the end for the job, and the way to it
 */
function createParentPort(post, onListen) {
    const {port1: parentPort, port2: hostEnd} = new MessageChannel();
    let isClosed = false;
    hide(parentPort, 'postMessage', function postMessage(value, listOrOptions) {
        if (isClosed || arguments.length === 0) {
            // Node's own checks, then drops the message, or throws for the missing argument.
            nodePostMessage.apply(parentPort, arguments);
            return;
        }
        if (listOrOptions === undefined || listOrOptions === null) {
            post(value, () => {});
            return;
        }
        const transfers = transfersOf(listOrOptions);
        assertTransferable(transfers);
        post(value, () => detach(transfers.length > 0 ? transfers : listOrOptions));
    });
    hide(parentPort, 'close', function close(callback) {
        isClosed = true;
        nodeClose.call(parentPort, callback);
    });
    // Node calls it for the first listener, in whichever way that is added.
    hide(parentPort, 'ref', function ref() {
        nodeRef.call(parentPort);
        onListen();
    });
    return {parentPort, deliver: (value) => hostEnd.postMessage(value)};
}

module.exports = {createParentPort};

'use strict';

/** Answers after which another try is of use. */
const isTemporary = (status) => status >= 500 || status === 408 || status === 429;

/**
 * Sends one request with the `fetch` of the host. Errors do not name the URL, which may hold a key.
 *
 * @param {URL} url
 * @param {{body?: string, signal: AbortSignal}} options
 * @throws {Error} of the network; `isFinal` for an answer that would be the same again
 */
async function send(url, {body, signal}) {
    let response;
    try {
        response = await fetch(url, {method: body === undefined ? 'GET' : 'POST', body, signal});
    } catch (error) {
        throw signal.aborted ? new Error('no answer in time', {cause: error}) : networkError(error);
    }
    await response.body?.cancel();
    if (!response.ok) {
        const error = new Error(`the answer was ${response.status} ${response.statusText}`.trimEnd());
        throw Object.assign(error, {isFinal: !isTemporary(response.status)});
    }
}

/** `fetch` says only that it has failed; why is in the cause. */
function networkError(error) {
    const {code, message} = error.cause ?? error;
    return new Error(code ?? message, {cause: error});
}

module.exports = {send};

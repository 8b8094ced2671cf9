'use strict';

/** The buttons: plain forms, whose parameters are in the URL. What a visitor may not do is not there at all. */

const {html} = require('../html');
const {segment} = require('./context');

/** @typedef {import('./context').Context} Context */

/**
 * @param {Context} context
 * @param {object} button
 * @param {string} button.action - 'run', 'pause', 'resume', 'cancel' or 'retry'
 * @param {string} button.path - of the API
 * @param {string} button.label
 * @param {string} [button.about] - what it concerns, for those who hear the label alone
 * @param {Record<string, string>} [button.parameters]
 * @param {string} [button.look] - 'strong' or 'danger'
 * @param {string} [button.question] - asked before it is done
 * @returns {import('../html').Html | undefined}
 */
function actionButton(context, {action, path, label, about, parameters = {}, look = 'plain', question}) {
    if (!context.actions.has(action)) {
        return undefined;
    }
    const query = new URLSearchParams({...parameters, back: context.back});
    const spoken = about === undefined ? '' : html`<span class="spoken"> ${about}</span>`;
    const form = html`<form method="post" action="${context.to(path)}?${query}" data-action>
        <button class="button ${look}">${label}${spoken}</button>
    </form>`;
    if (question === undefined) {
        return form;
    }
    return html`<details class="ask">
        <summary class="button ${look}">${label}…${spoken}</summary>
        <div class="asked">
            <p>${question}</p>
            ${form}
        </div>
    </details>`;
}

/** @param {Context} context @param {string} name */
const runButton = (context, name) =>
    actionButton(context, {
        action: 'run',
        path: `api/v1/jobs/${segment(name)}/run`,
        label: 'Run now',
        about: name
    });

/** Pause or resume, whichever is of use. @param {Context} context @param {import('../../../index').JobInfo} job */
function pauseButton(context, {name, paused, schedule, next}) {
    const about = name;
    if (paused !== undefined) {
        return actionButton(context, {
            action: 'resume',
            path: `api/v1/jobs/${segment(name)}/resume`,
            label: 'Resume',
            about
        });
    }
    return schedule === undefined && next === undefined
        ? undefined
        : actionButton(context, {
              action: 'pause',
              path: `api/v1/jobs/${segment(name)}/pause`,
              label: 'Pause',
              about
          });
}

/** @param {Context} context @param {{id: string, job: string, state: string}} run */
function cancelButton(context, {id, job, state}) {
    const isWaiting = state === 'queued' || state === 'waiting' || state === 'retrying';
    return actionButton(context, {
        action: 'cancel',
        path: `api/v1/runs/${segment(id)}/cancel`,
        label: 'Cancel',
        about: `the run of ${job}`,
        look: 'danger',
        question: isWaiting
            ? 'It never begins then.'
            : 'It is asked to stop, and ended after its grace period if it does not.'
    });
}

/** @param {Context} context @param {import('../../../index').RunInfo} run */
const retryButton = (context, {id, job}) =>
    actionButton(context, {
        action: 'retry',
        path: `api/v1/runs/${segment(id)}/retry`,
        label: 'Retry',
        about: `the run of ${job}`,
        look: 'strong'
    });

/** @param {Context} context @param {import('../../../index').RunInfo} run @returns what can be done about a run */
function runButtons(context, run) {
    switch (run.state) {
        case 'failed':
            return retryButton(context, run);
        case 'completed':
        case 'cancelled':
        case 'stopping':
            return undefined;
        default:
            return cancelButton(context, run);
    }
}

module.exports = {actionButton, cancelButton, pauseButton, runButton, runButtons};

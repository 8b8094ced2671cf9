'use strict';

/** When jobs are due in the next day: a line for each. */

const {TimeScale, timeAxis} = require('../charts/axis');
const {dueStrip} = require('../charts/due-strip');
const {localSteps} = require('../charts/zone');
const {html} = require('../html');
const {DAY_MS, HOUR_MS, MINUTE_MS} = require('../words');
const {dueTimes} = require('./due-times');
const {card, empty} = require('./layout');

/** @typedef {import('./context').Context} Context */

/** Jobs that are looked at, and those of them that are shown. */
const MOST_JOBS = 100;
const MOST_STRIPS = 25;
/** Due times of a job that are looked at one by one: six an hour, which is as many as are drawn. */
const MOST_DUE = 150;
const FREQUENT_MS = 10 * MINUTE_MS;

/** @param {Context} context */
function nextDay(context) {
    const {jobManager, nowMs} = context;
    const found = jobManager.jobs({sort: 'due', limit: MOST_JOBS}).filter(({next}) => next < nowMs + DAY_MS);
    const jobs = seldomFirst(jobManager, found).slice(0, MOST_STRIPS);
    const aside = html`<a href="${context.to('calendar')}">Calendar</a>`;
    if (jobs.length === 0) {
        return card(
            'Next 24 hours',
            {id: 'next-day', aside},
            empty(
                'Nothing is due',
                'Jobs with an option "at" have a line here, with a mark for each time that they are due.'
            )
        );
    }
    const scale = new TimeScale(nowMs, nowMs + DAY_MS, context.timezone);
    const edges = [nowMs, ...localSteps(nowMs + 1, scale.toMs, HOUR_MS, context.timezone), scale.toMs];
    return card(
        'Next 24 hours',
        {id: 'next-day', aside, look: 'chart-card'},
        html`<table class="rows">
                <caption class="spoken">
                    When each job is due in the next 24 hours
                </caption>
                <thead>
                    <tr>
                        <th scope="col">Job</th>
                        <th scope="col"><span class="spoken">Due</span>${timeAxis(scale)}</th>
                        <th scope="col" class="number wide">Next</th>
                    </tr>
                </thead>
                <tbody>
                    ${jobs.map((job) => {
                        const due = dueTimes(jobManager, job, {untilMs: scale.toMs, most: MOST_DUE});
                        return html`<tr>
                            <th scope="row">${context.job(job.name)}</th>
                            <td>${dueStrip(job.name, due, scale, edges)}</td>
                            <td class="number wide">${context.ago(job.next)}</td>
                        </tr>`;
                    })}
                </tbody>
            </table>
            <p class="more">
                A mark is a due time; a number is how many there are in that
                hour.${found.length > jobs.length && html` The <a href="${context.to('calendar')}">calendar</a> has the other jobs.`}
            </p>`
    );
}

/** Jobs that are due all the time look all the same: they come last. */
function seldomFirst(jobManager, jobs) {
    const isFrequent = new Map(
        jobs.map((job) => {
            const [first, second] = dueTimes(jobManager, job, {most: 2}).times;
            return [job, second - first < FREQUENT_MS];
        })
    );
    return [...jobs.filter((job) => !isFrequent.get(job)), ...jobs.filter((job) => isFrequent.get(job))];
}

module.exports = {nextDay};

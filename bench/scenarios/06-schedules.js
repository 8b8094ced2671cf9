'use strict';

/** Reading a schedule and finding its next five runs: as a host calls it, and in the engine, which jobs use. */

const {execFileSync} = require('node:child_process');
const path = require('node:path');

const CRON = ['0 1/5 * * * *', '30 4 3 * * *', '0 0 12 1 * *', '15,45 */10 9-17 * * 1-5'];
const TEXT = ['every 5 minutes', 'at 10:15 am', 'on the last day of the month', 'every 2 hours'];
const FROM = new Date(2024, 1, 29, 12, 2, 30);

const measurement = (name, schedules, more = {}) => ({
    name,
    unit: 'schedules/s',
    baseline: 'upstream',
    goal: more.isInEngine ? {ratioAtLeast: 20} : undefined,
    params: {schedules, durationMs: 1_000, ...more},
    tiny: {schedules, durationMs: 1}
});

const IN_ENGINE = {isInEngine: true};

module.exports = {
    name: 'parse and five next runs',
    measurements: [
        measurement('cron, in the engine', CRON, IN_ENGINE),
        measurement('text, in the engine', TEXT, IN_ENGINE),
        measurement('cron', CRON),
        measurement('text', TEXT)
    ],

    run({load, request, target, params: {schedules, durationMs, isInEngine = false}}) {
        if (isInEngine && target === 'ours') {
            return inEngine(schedules);
        }
        const nextRuns = target === 'ours' ? load().nextRuns : laterOf(request);
        const round = () => schedules.forEach((at) => nextRuns(at, {from: FROM, count: 5}));
        round();
        const startedAt = performance.now();
        let rounds = 0;
        do {
            round();
            rounds += 1;
        } while (performance.now() - startedAt < durationMs);
        return (rounds * schedules.length * 1_000) / (performance.now() - startedAt);
    }
};

function inEngine(schedules) {
    const command = ['bench', '--quiet', '--bench', 'schedules', '--', '--at', ...schedules];
    const printed = execFileSync('cargo', command, {cwd: path.join(__dirname, '..', '..'), encoding: 'utf8'});
    return Number.parseInt(printed, 10);
}

/** What upstream does to find out when a job runs: it hands the line to `@breejs/later`. */
function laterOf(request) {
    const later = require(require.resolve('@breejs/later', {paths: [request]}));
    later.date.localTime();
    return (at, {from, count}) => {
        const parsed = CRON.includes(at) ? later.parse.cron(at, true) : later.parse.text(at);
        return later.schedule(parsed).next(count, from);
    };
}

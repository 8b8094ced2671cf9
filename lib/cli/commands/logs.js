'use strict';

const {textOf} = require('../client');
const {connect} = require('../find-host');
const {followRun} = require('../following');
const {runNamed} = require('../names');
const {effort, exitCodeOf, reason} = require('../runs');
const {safeText} = require('../text');

const HOW_TO_KEEP = "jobs with output: 'capture' or 'both' keep it";

/** Reads what a run has printed since the last call. */
class OutputReader {
    #client;
    #path;
    #from = 0;

    constructor(client, id) {
        this.#client = client;
        this.#path = ['api', 'v1', 'runs', id, 'output'];
    }

    /** @returns {Promise<string>} */
    async next() {
        const answer = await this.#client.open({path: this.#path, query: {from: this.#from}});
        const text = await textOf(answer);
        this.#from = Number(answer.headers['x-total-bytes'] ?? this.#from);
        return safeText(text);
    }
}

module.exports = {
    name: 'logs',
    positionals: 'RUN',
    asksHost: true,
    summary: 'Shows what a run has printed; with --follow also what it prints until it ends.',
    description: `
RUN is the id of a run, or the name of a job for its last run. Kept is the output of jobs with output: 'capture' or 'both'. With
--follow the exit code is 1 if the run fails.`,
    examples: ['job-manager logs 3f9c2a10-17 --follow', 'job-manager logs backup'],
    options: {follow: {type: 'boolean', short: 'f', help: 'Goes on until the run ends.'}},

    async run({values, positionals: [name], output}) {
        const client = await connect(values);
        const run = await runNamed(client, name);
        const reader = new OutputReader(client, run.id);
        if (output.isJson) {
            const ended = values.follow ? await followRun(client, run.id) : run;
            output.json({run: ended, output: await reader.next()});
            return values.follow && ended.state === 'failed' ? 1 : 0;
        }
        const text = await reader.next();
        output.write(text);
        if (!values.follow) {
            if (text === '') {
                output.note(
                    `run ${run.id} of ${run.job} has printed nothing, or it is not kept: ${HOW_TO_KEEP}`
                );
            }
            return 0;
        }
        const ended = await followRun(client, run.id, {
            wantsOutput: true,
            onEvent: async () => output.write(await reader.next())
        });
        output.write(await reader.next());
        const why = ended.state === 'failed' ? ` (${reason(ended)})` : '';
        output.note(`${ended.state} ${effort(ended)}${why}`);
        return exitCodeOf(ended) === 0 ? 0 : 1;
    }
};

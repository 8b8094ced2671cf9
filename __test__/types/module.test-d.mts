// Checked by the compiler, never run: the class as an ES module imports it.

import JobManager from '../../index.js';
import {JobManager as Named, describeSchedule, nextRuns} from '../../index.js';
import {PermanentJobError} from '../../lib/job.js';
import type {JobManager as Type} from '../../index.js';

const manager: JobManager = new JobManager();
const named: Type = new Named({maxWorkers: 2});
const same: JobManager = named;
const runs: Date[] = nextRuns('@daily');
const words: string = describeSchedule('@daily');
const options: Named.Options = {timezone: 'UTC'};
void [same, runs, words, options];
void manager.addJob({job: () => {}, name: 'inline', offloaded: false});

const permanent: Error = new PermanentJobError('no use', {cause: new Error('why')});
const ofHost: Error = new Named.PermanentJobError('no use');
void [permanent, ofHost];

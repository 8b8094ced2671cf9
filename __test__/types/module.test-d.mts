// Checked by the compiler, never run: the class as an ES module imports it.

import JobManager from '../../index.js';

const manager: JobManager = new JobManager();
void manager.addJob({job: () => {}, name: 'inline', offloaded: false});

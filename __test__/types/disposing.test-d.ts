// Checked by the compiler, never run: a manager that ends with its block, and one that does not keep the process alive.

import JobManager = require('../../index.js');

async function useDisposable(): Promise<void> {
    await using manager = new JobManager();
    await manager.addJob({name: 'often', at: 'every 1 hour', job: './job.js', unref: true});
    const disposable: AsyncDisposable = manager;
    const same: JobManager = manager.unref().ref();
    // @ts-expect-error -- it ends asynchronously
    using no = manager;
    void [disposable, same, no];
}

// @ts-expect-error -- neither true nor false
void new JobManager({unref: 'yes'});

void useDisposable;

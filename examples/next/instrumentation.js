// Next calls this once in each server process, before it answers requests.

export async function register() {
    if (process.env.NEXT_RUNTIME !== 'nodejs') {
        return;
    }
    const {startJobs} = await import('./lib/jobs');
    await startJobs();
}

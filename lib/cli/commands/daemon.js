'use strict';

module.exports = {
    name: 'daemon',
    endsProcess: true,
    outlivesReader: true,
    positionals: 'CONFIG',
    summary: 'Runs the jobs of a configuration: a cron of its own.',
    description: `
CONFIG is a JSON file, or a module whose default export is an object or a function that gives one:

  {
    "manager": {"timezone": "Europe/London", "store": "./jobs.db"},
    "jobs": [{"name": "backup", "at": "every day at 02:30", "job": "./jobs/backup.js"}],
    "handlers": [{"name": "resize", "job": "./jobs/resize.js"}],
    "dashboard": {"port": 3001},
    "control": true
  }

"manager" has the options of new JobManager(), "jobs" those of addJob(), "handlers" those of defineJob(). Relative paths count from
the folder of CONFIG.

SIGHUP reads CONFIG again: jobs are added, changed and removed, runs that go end under their old definition, and a file with a fault
changes nothing. SIGTERM and SIGINT shut down, a second one ends everything at once. Log lines go to the standard output (with --json
an object in each line). Under systemd it works with Type=notify; docs/command-line.md has a unit.`,
    examples: ['job-manager daemon jobs.config.json', 'job-manager check jobs.config.json && kill -HUP PID'],

    async run({positionals: [file], output}) {
        const {createLog} = require('../daemon/log');
        const {Daemon} = require('../daemon/daemon');
        return new Daemon(file, createLog({isJson: output.isJson})).run();
    }
};

module.exports = {
    apps: [
        {
            name: 'reports',
            script: 'app.js',
            // Longer than shutdown({timeout}) in app.js: pm2 kills what is left after it.
            kill_timeout: 15_000,
            // Schedules are per process: with more instances each job would run in every one of them.
            instances: 1,
            exec_mode: 'fork'
        }
    ]
};

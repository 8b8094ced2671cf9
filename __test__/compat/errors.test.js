'use strict';

const assert = require('node:assert/strict');
const errors = require('@tryghost/errors');

const {chapter} = require('./support');

const {same, fix} = chapter('Errors and loggers');

same('errors of usage are those of @tryghost/errors where the host has it', async ({create, jobFile}) => {
    const manager = create({});
    const refused = [
        manager.addJob({job: () => {}}),
        manager.addJob({name: 'when', at: 'invalid expression', job: jobFile('simple.js')}),
        manager.addOneOffJob({job: () => {}})
    ];
    for (const outcome of await Promise.allSettled(refused)) {
        const error = outcome.reason;
        assert.ok(error instanceof errors.IncorrectUsageError);
        assert.ok(error instanceof Error);
        assert.deepEqual(
            [error.name, error.errorType, error.statusCode, error.level],
            ['IncorrectUsageError', 'IncorrectUsageError', 400, 'critical']
        );
        assert.match(error.id, /^[0-9a-f-]{36}$/);
    }
});

same(
    "an inline job's failure is logged as an UnhandledJobError of @tryghost/errors",
    async ({create, logs}) => {
        const manager = create({});
        manager.addJob({
            name: 'fails',
            offloaded: false,
            job: () => {
                throw new RangeError('out of range');
            }
        });
        const error = await logs.until('error', () => true);
        assert.ok(error instanceof errors.UnhandledJobError);
        assert.deepEqual(
            [error.errorType, error.statusCode, error.context],
            ['UnhandledJobError', 500, 'function']
        );
        assert.equal(error.message, 'Processed job threw an unhandled error');
        assert.match(error.stack, /out of range|errors\.test\.js/);
    }
);

same('errors about names and files are plain Errors', async ({create, jobFile}) => {
    const manager = create({});
    await manager.addJob({name: 'taken', at: new Date(Date.now() + 3_600_000), job: jobFile('simple.js')});
    const refused = [
        manager.addJob({name: 'taken', job: jobFile('simple.js')}),
        manager.addJob({name: 'missing', job: jobFile('missing.js')}),
        manager.removeJob('unknown')
    ];
    for (const {reason} of await Promise.allSettled(refused)) {
        assert.ok(reason instanceof Error);
        assert.equal(reason instanceof errors.IncorrectUsageError, false);
    }
});

fix(
    'the package works in a host without @tryghost/errors and @tryghost/logging',
    {
        upstream: 'it cannot be loaded',
        ours: 'errors of the same names, `errorType`, `statusCode` and `id`; a logger of its own'
    },
    async ({host, pick}) => {
        const {exitCode, reports} = await host(
            async ({JobManager, report}) => {
                const manager = new JobManager({});
                const {name, errorType, statusCode, id, message} = await manager
                    .addJob({job: () => {}})
                    .catch((error) => error);
                report({name, errorType, statusCode, hasId: typeof id === 'string', message});
            },
            {withoutModules: ['@tryghost/errors', '@tryghost/logging']}
        );
        assert.deepEqual(
            [exitCode, reports],
            pick({
                upstream: [1, []],
                ours: [
                    0,
                    [
                        {
                            name: 'IncorrectUsageError',
                            errorType: 'IncorrectUsageError',
                            statusCode: 400,
                            hasId: true,
                            message: 'Name parameter should be present if job is a function'
                        }
                    ]
                ]
            })
        );
    }
);

fix(
    'its own logger is silent below warn',
    {upstream: 'it cannot be loaded', ours: 'warnings and errors are printed, other lines are not'},
    async ({host, pick}) => {
        const {stdout, stderr} = await host(
            async ({JobManager, jobFile}) => {
                const manager = new JobManager({});
                await manager.addJob({name: 'late', at: new Date(0), job: jobFile('simple.js')});
            },
            {withoutModules: ['@tryghost/errors', '@tryghost/logging']}
        );
        const printed = `${stdout}${stderr}`;
        assert.deepEqual(
            [
                printed.includes('was skipped because it was in the past'),
                printed.includes('Adding offloaded job')
            ],
            pick({upstream: [false, false], ours: [true, false]})
        );
    }
);

fix(
    'a `logger` can be passed',
    {upstream: 'the option is ignored', ours: 'it is given every line, in place of the built-in one'},
    async ({host, pick}) => {
        const {reports} = await host(
            async ({JobManager, report}) => {
                const line = (level) => (text) => report([level, text]);
                const manager = new JobManager({
                    logger: {info: line('info'), warn: line('warn'), error: line('error')}
                });
                manager.addJob({name: 'hello', job: () => {}, offloaded: false});
                await manager.allSettled();
            },
            {withoutModules: ['@tryghost/errors', '@tryghost/logging']}
        );
        assert.deepEqual(
            reports,
            pick({
                upstream: [],
                ours: [['info', "Adding one-off job to inlineQueue with current length = 0 called 'hello'"]]
            })
        );
    }
);

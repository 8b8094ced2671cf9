'use strict';

// Offloaded jobs that are given as a function, which is sent to another process as its source.

const assert = require('node:assert/strict');
const path = require('node:path');
const {suite, test} = require('node:test');
const esbuild = require('esbuild');
const {createManager, runOnce} = require('../support/runs');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');
const {runScript} = require('../support/scripts');

const post = 'require("node:worker_threads").parentPort.postMessage';

/** What a job posts. */
async function posted(t, job, data) {
    const {messages, error} = await runOnce(createManager(t), {name: 'job', job, data});
    assert.equal(error, undefined);
    return messages;
}

suite('the data of a job is the argument of its function', () => {
    for (const data of [{a: 1, nested: {list: [1]}}, 'text', 0, false, null, [1, 2], new Map([[1, 2]])]) {
        test(JSON.stringify(data), async (t) => {
            const job = (given) => require('node:worker_threads').parentPort.postMessage([given]);
            assert.deepEqual(await posted(t, job, data), [[data]]);
        });
    }

    test('and without data it has none', async (t) => {
        const job = function () {
            require('node:worker_threads').parentPort.postMessage(arguments.length);
        };
        assert.deepEqual(await posted(t, job), [0]);
    });

    test('a function that declares no parameter is called without any', async (t) => {
        const job = function () {
            require('node:worker_threads').parentPort.postMessage(arguments.length);
        };
        assert.deepEqual(await posted(t, job, 'data'), [0]);
    });

    test('a parameter with a default is one, one that gathers all arguments is none', async (t) => {
        const withDefault = (data = 'none') => require('node:worker_threads').parentPort.postMessage([data]);
        assert.deepEqual(await posted(t, withDefault, 'data'), [['data']]);
        assert.deepEqual(await posted(t, withDefault), [['none']]);
        const gathers = (...all) => require('node:worker_threads').parentPort.postMessage(all);
        assert.deepEqual(await posted(t, gathers, 'data'), [[]]);
    });

    test('workerData holds it as before', async (t) => {
        const job = (data) => {
            const {parentPort, workerData} = require('node:worker_threads');
            parentPort.postMessage([workerData.a, workerData.list === data.list, workerData.job.name]);
        };
        assert.deepEqual(await posted(t, job, {a: 1, list: []}), [[1, true, 'job']]);
    });
});

suite('each way to write a function', () => {
    const object = {
        job(data) {
            require('node:worker_threads').parentPort.postMessage(['method', data]);
        },
        async later(data) {
            await Promise.resolve();
            require('node:worker_threads').parentPort.postMessage(['async method', data]);
        },
        ['a key'](data) {
            require('node:worker_threads').parentPort.postMessage(['key in quotes', data]);
        },
        get read() {
            return require('node:worker_threads').parentPort.postMessage(['getter', 1]);
        },
        get(data) {
            require('node:worker_threads').parentPort.postMessage(['named get', data]);
        },
        [Symbol.iterator](data) {
            require('node:worker_threads').parentPort.postMessage(['symbol', data]);
        }
    };
    // oxlint-disable-next-line typescript/no-extraneous-class -- a static method is one of the ways
    class Jobs {
        static run(data) {
            require('node:worker_threads').parentPort.postMessage(['static', data]);
        }
    }
    const ways = {
        method: object.job,
        'async method': object.later,
        'key in quotes': object['a key'],
        getter: Object.getOwnPropertyDescriptor(object, 'read').get,
        'named get': object.get,
        symbol: object[Symbol.iterator],
        static: Jobs.run,
        arrow: (data) => require('node:worker_threads').parentPort.postMessage(['arrow', data]),
        'async arrow': async (data) => {
            await Promise.resolve();
            require('node:worker_threads').parentPort.postMessage(['async arrow', data]);
        },
        function: function named(data) {
            require('node:worker_threads').parentPort.postMessage(['function', data]);
        }
    };
    for (const [way, job] of Object.entries(ways)) {
        test(way, async (t) => {
            assert.deepEqual(await posted(t, job, 1), [[way, 1]]);
        });
    }
});

suite('what could never run is refused when it is added', () => {
    class Work {
        #secret() {}
        static secret(work) {
            return work.#secret;
        }
    }
    const refused = {
        'a class': [Work, 'JOB_NOT_CALLABLE', /can't be a class: calling it would run nothing/],
        'a generator function': [function* () {}, 'JOB_NOT_CALLABLE', /can't be a generator function/],
        'an async generator function': [
            async function* () {},
            'JOB_NOT_CALLABLE',
            /can't be a generator function/
        ],
        'a bound function': [
            (() => {}).bind(null),
            'JOB_NOT_SOURCE',
            /can't be a bound or built-in function/
        ],
        'a Proxy': [new Proxy(() => {}, {}), 'JOB_NOT_SOURCE', /can't be a bound or built-in function/],
        'a private method': [Work.secret(new Work()), 'JOB_NOT_SCRIPT', /Use the path of a module/]
    };
    for (const [what, [job, code, message]] of Object.entries(refused)) {
        test(what, async (t) => {
            const {manager} = createManager(t);
            await assert.rejects(manager.addJob({name: 'job', job}), {code, message});
            assert.deepEqual(manager.bree.config.jobs, []);
        });
    }

    test('a function of an ES module that only an ES module may have', async (t) => {
        const {manager} = createManager(t);
        const {url} = await import('./jobs/uses-its-url.mjs');
        await assert.rejects(manager.addJob({name: 'job', job: url}), {
            code: 'JOB_NOT_SCRIPT',
            message: /import\.meta/
        });
    });
});

suite('a name from outside of the function', () => {
    const outside = 1;
    const explained = {
        code: 'JOB_FUNCTION_CLOSURE',
        name: 'ReferenceError',
        message:
            /^outside is not defined: the function of job "job" uses `outside`, which is defined outside of it\. .*pass the value in `data`/
    };
    const fail = async (t, job) => (await runOnce(createManager(t), {name: 'job', job})).error;
    const ways = {
        'at once': () => outside,
        'in a promise': async () => {
            await Promise.resolve();
            return outside;
        },
        'in a callback': () => void setTimeout(() => outside, 1)
    };
    for (const [way, job] of Object.entries(ways)) {
        test(`${way}: the error explains it, on top of its trace too`, async (t) => {
            const error = await fail(t, job);
            assert.throws(() => {
                throw error;
            }, explained);
            assert.ok(error.stack.startsWith(`ReferenceError: ${error.message}\n`), error.stack);
        });
    }

    test('an error of code that the function has loaded stays as it is', async (t) => {
        const error = await fail(t, () => require(`${process.cwd()}/__test__/functions/jobs/has-a-typo.js`));
        assert.equal(error.message, 'notThere is not defined');
        assert.equal(error.code, undefined);
    });
});

suite('helpers that tools put into functions', () => {
    test('esbuild and tsx: names of functions are kept', async (t) => {
        const source = 'module.exports = () => { const inner = () => 1; POST([inner.name, inner()]); };';
        const {code} = esbuild.transformSync(source.replace('POST', post), {keepNames: true, format: 'cjs'});
        assert.match(code, /__name\(/);
        assert.deepEqual(await posted(t, load(code)), [['inner', 1]]);
    });

    test('istanbul: counters count nothing', async (t) => {
        const code = `
            function cov_2k3jd9() { return {s: {}, f: {}, b: {0: []}}; }
            module.exports = () => {
                cov_2k3jd9().f[0]++;
                cov_2k3jd9().s[0]++;
                const value = true ? (cov_2k3jd9().b[0][0]++, 'yes') : (cov_2k3jd9().b[0][1]++, 'no');
                ${post}(value);
            };`;
        assert.deepEqual(await posted(t, load(code)), ['yes']);
    });

    test('what a function names so itself is its own', async (t) => {
        const job = () => {
            const __name = 'mine';
            require('node:worker_threads').parentPort.postMessage(__name);
        };
        assert.deepEqual(await posted(t, job), ['mine']);
    });

    /** The function that a CommonJS text exports. */
    function load(code) {
        const module = {exports: {}};
        new Function('module', 'require', code)(module, require);
        return module.exports;
    }
});

for (const major of NODE_MAJORS) {
    test(`functions on Node.js ${major}`, async () => {
        const {reports, stderr} = await runScript(
            `
            const outside = 1;
            const manager = new JobManager({logger: {}, workerMessageHandler: ({message}) => report(message)});
            const run = async (name, job, data) => {
                const ended = manager.awaitCompletion(name).catch((error) => report(error.code));
                await manager.addJob({name, job, data});
                await ended;
            };
            (async () => {
                await run('method', {job(data) { ${post}(data); }}.job, 1);
                await run('arrow', (data) => ${post}(data), 2);
                await run('closure', () => outside);
                await run('helper', () => ${post}(__name(() => {}, 'named').name));
                await manager.shutdown();
            })();`,
            {node: nodeBinary(major), cwd: path.join(__dirname, '..', '..')}
        );
        assert.deepEqual(reports, [1, 2, 'JOB_FUNCTION_CLOSURE', 'named'], stderr);
    });
}

import path from 'node:path';

export default {
    mode: 'production',
    target: 'node20',
    entry: {app: './src/app.mjs', 'jobs/greet': './src/jobs/greet.mjs'},
    experiments: {outputModule: true},
    output: {
        path: path.resolve('dist/webpack'),
        filename: '[name].mjs',
        module: true,
        library: {type: 'module'}
    },
    externalsType: 'module',
    externals: ['@tryghost/job-manager'],
    // Else `import.meta.url` becomes the path of the source.
    module: {parser: {javascript: {importMeta: false}}}
};

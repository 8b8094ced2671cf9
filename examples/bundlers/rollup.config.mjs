export default {
    input: {app: 'src/app.mjs', 'jobs/greet': 'src/jobs/greet.mjs'},
    output: {
        dir: 'dist/rollup',
        format: 'esm',
        entryFileNames: '[name].mjs',
        chunkFileNames: 'chunks/[name].mjs'
    },
    external: [/^node:/, '@tryghost/job-manager']
};

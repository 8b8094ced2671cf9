import {build} from 'esbuild';

await build({
    // Each job is an entry point of its own: it runs in a process of its own.
    entryPoints: {app: 'src/app.mjs', 'jobs/greet': 'src/jobs/greet.mjs'},
    outdir: 'dist/esbuild',
    outExtension: {'.js': '.mjs'},
    bundle: true,
    platform: 'node',
    format: 'esm',
    // A native addon and its worker script: they stay in node_modules.
    external: ['@tryghost/job-manager']
});

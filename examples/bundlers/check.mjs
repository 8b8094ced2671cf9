import {execFileSync} from 'node:child_process';
import {rollup} from 'rollup';
import webpack from 'webpack';
import {runUntil} from '../support/run-until.mjs';
import rollupConfig from './rollup.config.mjs';
import webpackConfig from './webpack.config.mjs';

const app = (bundler) => [process.execPath, `dist/${bundler}/app.mjs`];
const texts = ['job greet: Hello, Ada!'];

execFileSync(process.execPath, ['esbuild.mjs'], {stdio: 'inherit'});
await runUntil(app('esbuild'), texts, {signal: null});

const bundle = await rollup(rollupConfig);
await bundle.write(rollupConfig.output);
await runUntil(app('rollup'), texts, {signal: null});

const stats = await new Promise((resolve, reject) => {
    webpack(webpackConfig, (error, result) => (error ? reject(error) : resolve(result)));
});
if (stats.hasErrors()) {
    throw new Error(stats.toString());
}
await runUntil(app('webpack'), texts, {signal: null});

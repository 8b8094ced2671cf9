import {parentPort, workerData} from 'node:worker_threads';

interface ResizeData {
    width: number;
    files: string[];
}

const {width, files} = workerData as ResizeData;
for (const file of files) {
    parentPort?.postMessage(`${file} is ${width} wide`);
}
parentPort?.postMessage('done');

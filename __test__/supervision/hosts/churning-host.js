'use strict';

// A host whose jobs come and go all the time, each with children; it reports every step.

const path = require('node:path');
const {createManager} = require('../../support/runs');

const {manager} = createManager({after: () => {}}, {warmWorkers: 1});
const job = path.join(__dirname, '../jobs/starts-children.js');
let added = 0;

function addNext() {
    added += 1;
    void manager.addJob({name: `job ${added}`, job, timeout: 100, gracePeriod: 0});
}

const tellStep = () => process.send({what: 'step'});
manager.bree.on('worker created', (name) => {
    tellStep();
    manager.bree.workers.get(name).on('online', tellStep);
    manager.bree.workers.get(name).on('message', tellStep);
});
manager.bree.on('run ended', ({name}) => {
    tellStep();
    void manager.removeJob(name);
    addNext();
});
for (let count = 0; count < 3; count += 1) {
    addNext();
}

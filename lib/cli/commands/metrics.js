'use strict';

const {connect} = require('../find-host');

const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0';

module.exports = {
    name: 'metrics',
    asksHost: true,
    summary: 'Prints the metrics of a host, as Prometheus reads them.',
    examples: ['job-manager metrics | grep last_success'],
    options: {openmetrics: {type: 'boolean', help: 'In the format of OpenMetrics.'}},

    async run({values, output}) {
        const client = await connect(values);
        const accept = values.openmetrics ? OPEN_METRICS : 'text/plain';
        const text = await client.text(['metrics'], {}, {accept});
        if (output.isJson) {
            output.json({format: values.openmetrics ? 'openmetrics' : 'prometheus', text});
        } else {
            output.write(text);
        }
        return 0;
    }
};

'use strict';

/** The id of the run of a slot. */
const runIdOf = ({name, slot}) => `${name}@${new Date(slot).toISOString()}`;

module.exports = {runIdOf};

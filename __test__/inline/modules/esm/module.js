export default (data) => data.push('esm/module.js');

const name = await Promise.resolve('esm/waits.js');
export default (data) => data.push(name);

const name = await Promise.resolve('waits.mjs');
export default async (data) => data.push(name);

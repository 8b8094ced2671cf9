export const other = 1;

export default async (data) => ({data, pid: process.pid, isModule: typeof require === 'undefined'});

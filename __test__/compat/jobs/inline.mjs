export default async function inline(received) {
    received.push('ES module');
}

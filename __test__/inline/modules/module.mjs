export default function (data) {
    data.push('module.mjs');
}

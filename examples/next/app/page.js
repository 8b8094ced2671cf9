export default function Page() {
    return <h1>Jobs run behind this page.</h1>;
}

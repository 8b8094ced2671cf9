//! Tells the linker how to make a Node.js addon.

fn main() {
    napi_build::setup();
    // Our threads live as long as the process (see docs/design/architecture.md), but Node unloads an
    // addon with the last environment that used it: keep the code mapped.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}

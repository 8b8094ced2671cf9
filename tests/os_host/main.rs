//! Hosts as processes of their own: what becomes of their workers when they are killed, and what a
//! host can bear. Without arguments, or with part of a test's name, it runs the tests; with a role
//! in the environment it is such a host.

#[cfg(target_os = "linux")]
#[path = "../harness/mod.rs"]
mod harness;
#[cfg(target_os = "linux")]
mod hosts;
#[cfg(target_os = "linux")]
mod inheritance;
#[cfg(target_os = "linux")]
mod suite;
#[cfg(target_os = "linux")]
#[path = "../os_support/mod.rs"]
mod support;

#[cfg(target_os = "linux")]
fn main() {
    match std::env::var(hosts::ROLE) {
        Ok(role) => hosts::run(&role),
        Err(_) => harness::run(suite::TESTS),
    }
}

/// What these tests rely on (`/proc`, pidfds) is Linux's.
#[cfg(not(target_os = "linux"))]
fn main() {}

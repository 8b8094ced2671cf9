//! Runs the tests of a program that is also the host in them.
#![expect(clippy::print_stdout, reason = "the tests are listed there")]

/// Runs the tests whose name contains the first argument that is no option, or all, and reports as
/// Rust's own harness does. The first that fails ends the program.
pub(crate) fn run(tests: &[(&str, fn())]) {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let mut passed = 0;
    for (name, test) in tests {
        if filter.as_ref().is_none_or(|part| name.contains(part.as_str())) {
            test();
            passed += 1;
            println!("test {name} ... ok");
        }
    }
    println!("\ntest result: ok. {passed} passed; 0 failed; {} filtered out", tests.len() - passed);
}

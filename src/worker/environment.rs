//! The environment variables of a worker process.

use std::cmp::Reverse;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::os::ExecRoom;

/// The host's environment variables at one moment.
#[derive(Debug)]
pub struct Environment {
    /// "KEY=VALUE", in the host's order.
    pub variables: Vec<String>,
    boot_key: u64,
}

impl Environment {
    /// Takes variables as "KEY=VALUE".
    pub fn new(variables: Vec<String>) -> Self {
        let mut hasher = DefaultHasher::new();
        for variable in variables.iter().filter(|variable| is_read_at_start(name_of(variable))) {
            variable.hash(&mut hasher);
        }
        Environment { boot_key: hasher.finish(), variables }
    }

    /// May a process booted with `self` be given `other` afterwards? Not when a variable differs
    /// that `node` or the system reads only at start.
    pub fn can_become(&self, other: &Environment) -> bool {
        self.boot_key == other.boot_key
    }

    /// Names and values.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().filter_map(|variable| {
            // Windows has variables like "=C:=C:\dir": the name starts with the equals sign.
            let equals = variable.get(1..)?.find('=')? + 1;
            Some((&variable[..equals], &variable[equals + 1..]))
        })
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

/// The variables that a process can be started with, in order, and whether those are all: what is too
/// long by itself is left out, and then the longest until the rest has room, last of all what is read
/// at start.
pub fn fitting<'a>(variables: Vec<(&'a str, &'a str)>, room: ExecRoom) -> (Vec<(&'a str, &'a str)>, bool) {
    let bytes = |&(name, value): &(&str, &str)| name.len() + value.len() + "=\0".len();
    let place = |variable: &(&str, &str)| bytes(variable) + ExecRoom::POINTER_BYTES;
    let mut total: usize = variables.iter().map(place).sum();
    if total <= room.total_bytes && variables.iter().all(|variable| bytes(variable) <= room.string_bytes) {
        return (variables, true);
    }
    let mut candidates: Vec<usize> = (0..variables.len()).collect();
    candidates
        .sort_by_key(|&index| (is_read_at_start(variables[index].0), Reverse(bytes(&variables[index]))));
    let mut left_out = vec![false; variables.len()];
    for index in candidates {
        let variable = &variables[index];
        if total > room.total_bytes || bytes(variable) > room.string_bytes {
            left_out[index] = true;
            total -= place(variable);
        }
    }
    let kept = variables.into_iter().zip(left_out).filter(|&(_, is_out)| !is_out);
    (kept.map(|(variable, _)| variable).collect(), false)
}

fn name_of(variable: &str) -> &str {
    variable.split_once('=').map_or(variable, |(name, _)| name)
}

/// TZ is absent on purpose: Node applies an assignment to `process.env.TZ` while it runs.
/// Source: `node --help`, section "Environment variables", and what OpenSSL, ICU, libuv and the
/// dynamic linker read when they start.
fn is_read_at_start(name: &str) -> bool {
    const PREFIXES: [&str; 7] = ["NODE_", "UV_", "SSL_CERT_", "LD_", "DYLD_", "LC_", "MALLOC_"];
    const NAMES: [&str; 5] = ["OPENSSL_CONF", "OPENSSL_MODULES", "LANG", "LANGUAGE", "ICU_DATA"];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[&str]) -> Environment {
        Environment::new(variables.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn only_what_is_read_at_start_needs_a_fresh_process() {
        let booted = environment(&["A=1", "NODE_OPTIONS=--no-warnings", "TZ=UTC"]);
        assert!(booted.can_become(&environment(&["A=2", "NODE_OPTIONS=--no-warnings", "TZ=Asia/Tokyo"])));
        assert!(!booted.can_become(&environment(&["A=1", "NODE_OPTIONS=", "TZ=UTC"])));
        assert!(!booted.can_become(&environment(&["A=1", "TZ=UTC"])));
    }

    #[test]
    fn an_environment_that_fits_is_given_whole() {
        let room = ExecRoom { string_bytes: 8, total_bytes: 2 * (8 + ExecRoom::POINTER_BYTES) };
        assert_eq!(
            fitting(vec![("A", "12345"), ("B", "12345")], room),
            (vec![("A", "12345"), ("B", "12345")], true)
        );
    }

    #[test]
    fn a_variable_that_is_too_long_for_the_system_is_left_out() {
        let room = ExecRoom { string_bytes: 8, total_bytes: 10_000 };
        let (kept, is_whole) = fitting(vec![("A", "123456"), ("B", "12345")], room);
        assert_eq!((kept, is_whole), (vec![("B", "12345")], false));
    }

    #[test]
    fn the_longest_are_left_out_until_the_rest_has_room_and_last_what_is_read_at_start() {
        let variables = || vec![("A", "1"), ("NODE_PATH", "1234567"), ("B", "1234"), ("C", "123"), ("D", "")];
        let sizes = [4, 18, 7, 6, 3].map(|bytes| bytes + ExecRoom::POINTER_BYTES);
        let room = |total_bytes| ExecRoom { string_bytes: 100, total_bytes };
        let names = |total| {
            let (kept, is_whole) = fitting(variables(), room(total));
            assert!(!is_whole);
            kept.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        let all: usize = sizes.iter().sum();
        assert_eq!(names(all - 1), ["A", "NODE_PATH", "C", "D"]);
        assert_eq!(names(all - sizes[2] - 1), ["A", "NODE_PATH", "D"]);
        assert_eq!(names(sizes[1]), ["NODE_PATH"]);
        assert!(names(sizes[1] - 1).is_empty());
    }

    #[test]
    fn pairs_split_at_the_first_equals_sign_after_the_name() {
        let found = environment(&["A=b=c", "EMPTY=", "=C:=C:\\dir", "broken"]);
        assert_eq!(found.pairs().collect::<Vec<_>>(), [("A", "b=c"), ("EMPTY", ""), ("=C:", "C:\\dir")]);
    }
}

//! The environment variables of a worker process.

use std::hash::{DefaultHasher, Hash, Hasher};

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
    fn pairs_split_at_the_first_equals_sign_after_the_name() {
        let found = environment(&["A=b=c", "EMPTY=", "=C:=C:\\dir", "broken"]);
        assert_eq!(found.pairs().collect::<Vec<_>>(), [("A", "b=c"), ("EMPTY", ""), ("=C:", "C:\\dir")]);
    }
}

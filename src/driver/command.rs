//! The command line of a worker process, and the header of its START frame.

use std::ffi::OsString;
use std::sync::Arc;

use crate::engine::{BootProfile, Stream, WarmUp};
use crate::worker::environment::{Environment, fitting};
use crate::worker::os::{ChildCommand, EnvBlock, ExecRoom, Output};
use crate::worker::output::OutputUse;

/// The parts of the command line that all worker processes share.
#[derive(Debug, Clone)]
pub struct NodeCommand {
    /// The `node` binary, for jobs that name no other.
    pub exec_path: OsString,
    /// `lib/worker/bootstrap.js`.
    pub bootstrap: OsString,
}

/// The command for a process, and whether it contains the whole environment: variables that exceed the
/// system's limit for a start are sent in the START frame.
pub(super) fn child_command(
    node: &NodeCommand,
    profile: &BootProfile,
    env: &Environment,
    warm_up: WarmUp,
) -> (ChildCommand, bool) {
    let NodeCommand { exec_path, bootstrap } = node;
    let exec_path = profile.exec_path.as_ref().map_or_else(|| exec_path.clone(), OsString::from);
    let mut argv = vec![exec_path.clone()];
    argv.extend(profile.exec_args.iter().map(OsString::from));
    argv.push(bootstrap.clone());
    argv.extend(flag(warm_up).map(OsString::from));
    let overlay = Environment::new(profile.env.clone());
    let is_overlaid = |name: &str| overlay.pairs().any(|(overlaid, _)| overlaid == name);
    let variables = env.pairs().filter(|(name, _)| !is_overlaid(name)).chain(overlay.pairs()).collect();
    let (variables, is_whole) = fitting(variables, ExecRoom::beside(&argv));
    let command = ChildCommand {
        program: exec_path,
        argv,
        env: Arc::new(EnvBlock::new(variables)),
        nice: profile.nice,
        stdout: output(profile.stdout),
        stderr: output(profile.stderr),
    };
    (command, is_whole)
}

fn output(stream: Stream) -> Output {
    match stream {
        Stream::Inherit => Output::Inherit,
        Stream::Ignore => Output::Null,
        Stream::Read | Stream::Capture | Stream::Both => Output::Pipe,
    }
}

/// How a stream that is a pipe is read.
pub(super) fn output_use(stream: Stream) -> OutputUse {
    match stream {
        Stream::Capture => OutputUse::Keep,
        Stream::Both => OutputUse::KeepAndCopy,
        Stream::Inherit | Stream::Ignore | Stream::Read => OutputUse::Pass,
    }
}

/// What `lib/worker/worker-process.js` reads.
fn flag(warm_up: WarmUp) -> Option<&'static str> {
    match warm_up {
        WarmUp::Full => None,
        WarmUp::Brief => Some("--brief"),
        WarmUp::BriefForModule => Some("--brief-for-module"),
        WarmUp::Cold => Some("--cold"),
    }
}

/// The header of START, which `lib/worker/start.js` reads before the job. `cwd` is null if the host's
/// directory has been removed: the process then stays where it was started.
pub(super) fn start_header(
    thread_id: u32,
    env: Option<&Environment>,
    run: Option<&serde_json::Value>,
) -> serde_json::Value {
    let cwd = std::env::current_dir().ok().map(|dir| dir.to_string_lossy().into_owned());
    let env = env.map(|env| {
        env.pairs().map(|(name, value)| (name.to_owned(), value.into())).collect::<serde_json::Map<_, _>>()
    });
    serde_json::json!({ "threadId": thread_id, "cwd": cwd, "env": env, "run": run })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_may_name_another_node_than_the_manager() {
        let node = NodeCommand { exec_path: "/manager/node".into(), bootstrap: "/bootstrap.cjs".into() };
        let program = |exec_path: Option<&str>| {
            let profile = BootProfile { exec_path: exec_path.map(str::to_owned), ..BootProfile::default() };
            let (command, _) = child_command(&node, &profile, &Environment::default(), WarmUp::Cold);
            assert_eq!(command.argv, [command.program.clone(), "/bootstrap.cjs".into(), "--cold".into()]);
            command.program
        };
        assert_eq!(program(None), "/manager/node");
        assert_eq!(program(Some("/job/node")), "/job/node");
    }
}

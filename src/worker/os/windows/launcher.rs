//! From a command to a running process.

use super::child::Launched;
use super::job::Job;
use super::pipes::Pipes;
use super::spawn_error;
use super::start::start;
use crate::worker::os::{ChildCommand, SpawnError, Stage};
use std::io;

/// Starts processes, one after another.
pub struct Launcher;

impl Launcher {
    /// # Errors
    /// None here; elsewhere a start needs memory of its own.
    pub fn new() -> io::Result<Launcher> {
        Ok(Launcher)
    }

    /// Starts `command`.
    ///
    /// # Errors
    /// See [`SpawnError`]; no process is left then.
    pub fn launch(&mut self, command: &ChildCommand) -> Result<Launched, SpawnError> {
        let failed = |stage, error: io::Error| spawn_error(stage, &error, &command.program);
        let pipes = Pipes::open(command).map_err(|error| failed(Stage::Pipes, error))?;
        let job = Job::new().map_err(|error| failed(Stage::Group, error))?;
        let started = start(command, &pipes.child, &job)?;
        Launched::new(started, job, pipes.host).map_err(|error| failed(Stage::Watch, error))
    }

    /// False: job objects need no maintenance.
    pub fn needs_tending(&self) -> bool {
        false
    }

    /// Nothing to do.
    pub fn tend(&mut self) {}
}

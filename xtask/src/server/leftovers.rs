//! What a killed process has left behind: known by the mark of its owner, removed when the owner is gone.

use super::command::poll;
use super::docker;
use super::processes::{is_gone, kill_all, servers_in, stop_at_once};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// How the names of our directories and containers begin.
pub(super) const PREFIX: &str = "go-doc-go-test-";

/// The file of a directory that tells whose it is.
pub(super) const OWNER_FILE: &str = "owner";

/// How long servers may take to stop at once.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// Removes what processes that are gone have left. What fails here hinders nobody: it is only reported.
pub(super) fn remove() {
    for entry in fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            remove_directory(&entry.path());
        }
    }
    for (name, owner) in docker::containers_of_ours().unwrap_or_default() {
        if is_gone(&owner) {
            eprintln!("server: removing container {name}, whose owner is gone");
            docker::remove(&name);
        }
    }
}

fn remove_directory(directory: &Path) {
    // One that is just being made has no mark yet, and another user's cannot be read.
    let Ok(owner) = fs::read_to_string(directory.join(OWNER_FILE)) else { return };
    if !is_gone(&owner) {
        return;
    }
    eprintln!("server: removing {}, whose owner is gone", directory.display());
    let servers = servers_in(directory);
    if !servers.is_empty() {
        stop_at_once(&servers);
        poll(STOP_LIMIT, || servers_in(directory).is_empty().then_some(()));
        kill_all(directory, STOP_LIMIT);
    }
    if let Err(error) = fs::remove_dir_all(directory) {
        eprintln!("server: cannot remove {}: {error}", directory.display());
    }
}

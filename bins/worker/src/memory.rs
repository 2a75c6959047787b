//! How the allocator keeps memory that was freed.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// The variable by which glibc is told how many arenas to make (mallopt(3), `M_ARENA_MAX`).
const ARENAS: &str = "MALLOC_ARENA_MAX";

/// Starts this program anew with few arenas, unless the environment says how
/// many there are to be. By default glibc makes eight a processor core, and
/// each keeps what its threads freed: with threads that take turns at parsing,
/// a worker would hold the largest documents of many of them at once. The
/// process stays the same; where the program cannot be started anew, it goes
/// on as it is.
pub(crate) fn bound_arenas() {
    if cfg!(target_env = "gnu") && std::env::var_os(ARENAS).is_none() {
        let mut command = Command::new("/proc/self/exe");
        if let Some(name) = std::env::args_os().next() {
            command.arg0(name);
        }
        // Returns only where it failed.
        let _ = command.args(std::env::args_os().skip(1)).env(ARENAS, "2").exec();
    }
}

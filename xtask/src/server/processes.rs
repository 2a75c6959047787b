//! Processes of other programs, as proc(5) shows them. Where there is none, nothing is found.

use super::command::{poll, signal};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The programs that work in our directories.
const SERVERS: [&str; 2] = ["postgres", "pgbouncer"];

/// The field of `/proc/…/stat` with the time of the start, counted from the one behind the name.
const START: usize = 19;

/// This process, unmistakably: its namespace, its number in there, and when it started.
pub(super) fn identity() -> String {
    let process = std::process::id();
    format!("{}/{process}/{}", namespace(), start_of(process).unwrap_or_default())
}

/// Whether the process with this identity is surely gone: of another namespace, one cannot know.
pub(super) fn is_gone(identity: &str) -> bool {
    let mut parts = identity.trim().split('/');
    let (Some(its_namespace), Some(process), Some(start)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let (Ok(process), Ok(start)) = (process.parse(), start.parse()) else { return false };
    !its_namespace.is_empty() && its_namespace == namespace() && start_of(process) != Some(start)
}

/// The processes of servers that work in a directory or below, such as those whose parent was killed.
pub(super) fn servers_in(directory: &Path) -> Vec<u32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let works_here = |process: &Path| {
        let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
        SERVERS.contains(&name.trim())
            && fs::read_link(process.join("cwd")).is_ok_and(|current| current.starts_with(directory))
    };
    all.filter(|entry| works_here(&entry.path()))
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// Tells servers to stop at once.
///
/// SIGQUIT means that to PostgreSQL and to `PgBouncer` from 1.23, SIGTERM to older ones, where SIGQUIT may be
/// ignored. PostgreSQL does not mind a SIGTERM that comes after.
pub(super) fn stop_at_once(servers: &[u32]) {
    // One that is gone makes the signal fail, and is what is wanted.
    let _ = signal(servers, "QUIT");
    let _ = signal(servers, "TERM");
}

/// Kills the servers that work in a directory until there is none: one may have started another meanwhile.
pub(super) fn kill_all(directory: &Path, limit: Duration) {
    poll(limit, || {
        let left = servers_in(directory);
        if !left.is_empty() {
            let _ = signal(&left, "KILL");
        }
        left.is_empty().then_some(())
    });
}

fn namespace() -> String {
    let link = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    link.to_string_lossy().chars().filter(char::is_ascii_digit).collect()
}

fn start_of(process: u32) -> Option<u64> {
    start_in(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// The name stands in brackets and may itself have any of them, and spaces.
fn start_in(stat: &str) -> Option<u64> {
    stat.rsplit_once(") ")?.1.split_whitespace().nth(START)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_behind_the_name() {
        let stat = "42 (a) b (c)) S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 50";
        assert_eq!(start_in(stat), Some(98765));
        assert_eq!(start_in(""), None);
    }

    #[test]
    fn a_process_is_gone_when_its_number_is_free_or_taken_by_another() {
        let this = identity();
        assert!(!is_gone(&this));
        assert!(is_gone(&format!("{this}0")), "started at another time");
        assert!(!is_gone("1/999999999/5"), "of another namespace");
        assert!(!is_gone("nonsense"));
    }
}

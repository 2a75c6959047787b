//! How much memory this process has.

/// Bytes of memory that this process has in use; `None` where the system does not tell (it is asked as Linux is).
pub(crate) fn resident_bytes() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_some_memory() {
        assert!(resident_bytes().is_some_and(|bytes| bytes > 1 << 16));
    }
}

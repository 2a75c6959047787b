//! Work that computes, without holding up what waits.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Does `work` here, after the other tasks of this thread have been handed to
/// another one. A runtime of one thread has no other, and waits.
pub(crate) fn computing<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

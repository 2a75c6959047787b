//! The claims that this worker holds.

use gdg_queue::Fence;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The claims that this worker holds: what it sends heartbeats for, and gives back when it stops.
#[derive(Debug, Default)]
pub(crate) struct InHand {
    fences: Mutex<HashSet<Fence>>,
    changed: Notify,
}

impl InHand {
    pub(crate) fn take(&self, fences: impl IntoIterator<Item = Fence>) {
        self.lock().extend(fences);
    }

    pub(crate) fn let_go(&self, fences: impl IntoIterator<Item = Fence>) {
        {
            let mut held = self.lock();
            for fence in fences {
                held.remove(&fence);
            }
        }
        self.changed.notify_one();
    }

    pub(crate) fn all(&self) -> Vec<Fence> {
        self.lock().iter().copied().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Waits until claims were let go since the last wait. Cancel-safe.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Fence>> {
        self.fences.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

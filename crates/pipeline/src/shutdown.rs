//! Stopping, in two steps.

use tokio_util::sync::CancellationToken;

/// Asks a worker to stop: first so that it ends what it has begun, then at
/// once. Clones are one request.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    /// Nothing new is begun: no claim, no listing. What is being parsed is ended, within the grace period.
    pub stop: CancellationToken,
    /// What is being parsed is given back.
    pub abandon: CancellationToken,
}

impl Shutdown {
    /// Nothing is asked for yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next step: a first call asks to stop, a second to abandon.
    pub fn request(&self) {
        if self.stop.is_cancelled() {
            self.abandon.cancel();
        } else {
            self.stop.cancel();
        }
    }
}

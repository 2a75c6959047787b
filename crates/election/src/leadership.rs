//! Leading: what a leader has in hand, and how it is taken away.

use crate::{Epoch, LeaseName, store};
use gdg_postgres::{PostgresError, Transaction};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

/// One term of leadership, for those who do the leader's work. Clones are of the same term.
#[derive(Debug, Clone)]
pub struct Leadership {
    /// The lease.
    pub name: LeaseName,
    /// Who leads.
    pub holder: String,
    /// The epoch of the term.
    pub epoch: Epoch,
    /// Is cancelled when leadership is lost, given back, or not trusted any more.
    pub token: CancellationToken,
    trusted_until: watch::Receiver<Instant>,
}

impl Leadership {
    /// Whether this process may believe that it leads.
    ///
    /// The clock is asked each time: after a pause the answer is right before
    /// any task had a chance to cancel the token. Whoever writes on the
    /// strength of it still needs the [fence](Self::fence): the pause may come
    /// between the answer and the write.
    pub fn is_trusted(&self) -> bool {
        !self.token.is_cancelled() && Instant::now() < self.trusted_until()
    }

    /// Until when it may, unless the lease is renewed before.
    pub fn trusted_until(&self) -> Instant {
        *self.trusted_until.borrow()
    }

    /// Whether the database still knows this term, for as long as `transaction` is open; see [`fence`](crate::fence).
    pub async fn fence(&self, transaction: &Transaction) -> Result<bool, PostgresError> {
        store::fence(transaction, &self.name, &self.holder, self.epoch).await
    }
}

/// Who leads in this process, for everyone who wants to know.
pub(crate) type Current = Arc<watch::Sender<Option<Leadership>>>;

/// A term as its elector holds it. Dropping it ends the term, whyever it is dropped.
#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) epoch: Epoch,
    trusted_until: watch::Sender<Instant>,
    current: Current,
    token: Option<DropGuard>,
}

impl Term {
    /// Begins a term, and announces it.
    pub(crate) fn begin(
        name: &LeaseName,
        holder: &str,
        epoch: Epoch,
        until: Instant,
        current: &Current,
    ) -> Self {
        let (trusted_until, receiver) = watch::channel(until);
        let token = CancellationToken::new();
        let leadership = Leadership {
            name: name.clone(),
            holder: holder.to_owned(),
            epoch,
            token: token.clone(),
            trusted_until: receiver,
        };
        current.send_replace(Some(leadership));
        Self { epoch, trusted_until, current: Arc::clone(current), token: Some(token.drop_guard()) }
    }

    /// The lease was renewed.
    pub(crate) fn trust_until(&self, until: Instant) {
        self.trusted_until.send_replace(until);
    }
}

impl Drop for Term {
    fn drop(&mut self) {
        // Whoever sees that nobody leads sees the token cancelled.
        self.token = None;
        self.current.send_replace(None);
    }
}

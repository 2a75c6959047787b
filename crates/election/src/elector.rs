//! The elector: a task that keeps a candidate in the race.

use crate::leadership::Current;
use crate::run::{Heard, Run};
use crate::{CHANNEL, Epoch, Leadership, LeaseName, LeaseNotice, LeaseStore, LeaseTerms};
use gdg_postgres::{ListenEvent, Postgres};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long a resignation may take. After that the lease runs out by itself.
const RESIGNATION_LIMIT: Duration = Duration::from_secs(5);

/// How an elector stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resignation {
    /// It led, and gave the lease back: another candidate can have it at once.
    Resigned(Epoch),
    /// It did not lead.
    NotLeading,
    /// The lease may still be its own: the database could not be asked, or did
    /// not answer in time. Another candidate can have it when it has run out.
    LeftToRunOut,
}

/// Keeps one candidate in the race for one lease: campaigns, renews, steps down.
///
/// Dropping it ends the leadership in this process, and leaves the lease to run
/// out; [`resign_and_stop`](Self::resign_and_stop) gives it back.
#[derive(Debug)]
pub struct Elector {
    leadership: watch::Receiver<Option<Leadership>>,
    ear: Ear,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Resignation>,
}

impl Elector {
    /// Starts campaigning for the lease `name`, on the runtime this is called in.
    ///
    /// No other process may have the name `holder`, and neither may the same
    /// program after a restart, unless it is content to wait for its
    /// predecessor's lease to run out. Terms that are not
    /// [sound](LeaseTerms::are_sound) are replaced, with an error in the log.
    pub fn start(postgres: Postgres, name: LeaseName, holder: String, terms: LeaseTerms) -> Self {
        let terms = terms.made_sound();
        let (current, leadership) = watch::channel(None);
        let (heard_sender, heard) = watch::channel(Heard::Nothing);
        let (stop, stopped) = oneshot::channel();
        let ear = Ear { name: name.clone(), heard: Arc::new(heard_sender) };
        let store = LeaseStore::new(postgres, name, holder, &terms);
        let run = Run::new(store, terms, Current::new(current), heard);
        let task = tokio::spawn(run.until_stopped(stopped));
        Self { leadership, ear, stop: Some(stop), task }
    }

    /// Who leads in this process: `Some` while this elector does.
    ///
    /// A change that is followed by another may be missed: what is seen is the
    /// latest. Clone what you borrow from it: while the borrow lasts, the
    /// elector cannot tell of a change, and waits.
    pub fn leadership(&self) -> watch::Receiver<Option<Leadership>> {
        self.leadership.clone()
    }

    /// Waits until this process leads, and returns the term, whose end its
    /// [token](Leadership::token) tells. Cancel-safe.
    pub async fn wait_to_lead(&self) -> Leadership {
        let mut leadership = self.leadership.clone();
        let leads = |term: &Option<Leadership>| term.as_ref().is_some_and(Leadership::is_trusted);
        let term = leadership.wait_for(leads).await.ok().and_then(|term| term.clone());
        match term {
            Some(term) => term,
            // The elector's task is gone: nobody will lead here any more.
            None => std::future::pending().await,
        }
    }

    /// What the elector hears by, for whoever owns the process's listener.
    pub fn ear(&self) -> Ear {
        self.ear.clone()
    }

    /// Passes a notice on; see [`Ear::notice`].
    pub fn notice(&self, notice: LeaseNotice) {
        self.ear.notice(notice);
    }

    /// Says that notices do not arrive any more; see [`Ear::notifications_lost`].
    pub fn notifications_lost(&self) {
        self.ear.notifications_lost();
    }

    /// Ends the leadership in this process at once, gives the lease back, and
    /// stops. Takes five seconds at most.
    ///
    /// Transactions that the fence let pass before may still commit; the next
    /// leader's term begins after them. Dropping the future is like dropping the elector.
    pub async fn resign_and_stop(mut self) -> Resignation {
        if let Some(leadership) = &*self.leadership.borrow() {
            leadership.token.cancel();
        }
        if let Some(stop) = self.stop.take() {
            // A task that is not there any more has ended its term.
            let _ = stop.send(());
        }
        match tokio::time::timeout(RESIGNATION_LIMIT, &mut self.task).await {
            Ok(Ok(resignation)) => resignation,
            Ok(Err(_)) | Err(_) => Resignation::LeftToRunOut,
        }
    }
}

impl Drop for Elector {
    fn drop(&mut self) {
        // The task may come to its end later; whoever leads stops now.
        if let Some(leadership) = &*self.leadership.borrow() {
            leadership.token.cancel();
        }
        self.task.abort();
    }
}

/// What an elector hears by. It opens no listener of its own: a process has
/// one, and passes on what comes. Clones lead to the same elector.
#[derive(Debug, Clone)]
pub struct Ear {
    name: LeaseName,
    heard: Arc<watch::Sender<Heard>>,
}

impl Ear {
    /// Passes a notice on. Those about other leases are ignored.
    pub fn notice(&self, notice: LeaseNotice) {
        if notice.name == self.name {
            // Of two that were not yet looked at, the later one says all.
            self.heard.send_replace(Heard::Notice(notice, Instant::now()));
        }
    }

    /// Says that notices do not arrive any more. Until one does, the elector polls.
    pub fn notifications_lost(&self) {
        self.heard.send_replace(Heard::Lost);
    }

    /// Says that notices arrive from now on. Some may have been missed, so the elector asks once.
    pub fn notifications_begin(&self) {
        self.heard.send_replace(Heard::Listening);
    }

    /// Passes on whatever a [`Listener`](gdg_postgres::Listener) told; what does not concern the lease is ignored.
    pub fn listen_event(&self, event: &ListenEvent) {
        match event {
            ListenEvent::Notified { channel, payload } if channel == CHANNEL => {
                if let Some(notice) = LeaseNotice::parse(payload) {
                    self.notice(notice);
                }
            }
            ListenEvent::Notified { .. } => {}
            ListenEvent::Listening(_) => self.notifications_begin(),
            ListenEvent::Lost => self.notifications_lost(),
        }
    }
}

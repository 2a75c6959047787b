//! Who wakes whom: notifications of the database, passed on within the worker.

use super::notices::{CHANNELS, RUN_CHANNEL, is_request, parse_run_payload};
use super::registry::Pulse;
use gdg_election::Ear;
use gdg_model::RunId;
use gdg_postgres::{ListenEvent, Listener, ListenerSession, Postgres};
use gdg_storage::RunStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// What a worker waits for.
#[derive(Debug)]
pub(crate) struct Wakeups {
    /// Documents may be claimable.
    pub(crate) documents: Notify,
    /// The conductor should look at its run.
    pub(crate) conductor: Notify,
    /// There is something new to tell with a heartbeat.
    pub(crate) heartbeat: Notify,
    /// The latest run of this work, as far as this worker has heard.
    latest_run: watch::Sender<Option<(RunId, RunStatus)>>,
    /// Whether notifications arrive: until one has, this worker polls.
    hears: AtomicBool,
    session: Mutex<Option<ListenerSession>>,
}

impl Default for Wakeups {
    fn default() -> Self {
        Self {
            documents: Notify::new(),
            conductor: Notify::new(),
            heartbeat: Notify::new(),
            latest_run: watch::Sender::new(None),
            hears: AtomicBool::new(false),
            session: Mutex::default(),
        }
    }
}

impl Wakeups {
    /// Whether notifications arrive.
    pub(crate) fn hears(&self) -> bool {
        self.hears.load(Ordering::Acquire)
    }

    /// Ends when it is time to look by oneself; never, while notifications arrive.
    pub(crate) async fn poll(&self, interval: Duration) {
        if self.hears() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(interval).await;
    }

    /// The session by which this worker listens, while it hears something by
    /// it: one behind a proxy says nothing of whether this process lives.
    pub(crate) fn session(&self) -> Option<ListenerSession> {
        if !self.hears() {
            return None;
        }
        self.session.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Follows the latest run of this work.
    pub(crate) fn latest_run(&self) -> watch::Receiver<Option<(RunId, RunStatus)>> {
        self.latest_run.subscribe()
    }

    /// Takes in what a heartbeat heard.
    pub(crate) fn take_pulse(&self, pulse: Pulse) {
        if let Some((run, status)) = pulse.latest_run {
            self.heard_of(run, status);
        }
        if pulse.has_claimable {
            self.documents.notify_one();
        }
    }

    /// A run is known to be that far.
    pub(crate) fn heard_of(&self, run: RunId, status: RunStatus) {
        self.latest_run.send_if_modified(|latest| {
            let is_news = latest.as_ref() != Some(&(run.clone(), status));
            *latest = Some((run, status));
            is_news
        });
    }

    /// Listens and passes on what it hears, until the future is dropped. `work` is the fingerprint of this work.
    pub(crate) async fn listen(
        self: Arc<Self>,
        postgres: Postgres,
        mut listener: Listener,
        work: String,
        elector: Ear,
    ) {
        loop {
            let event = listener.next().await;
            elector.listen_event(&event);
            self.take_event(event, &postgres, &work).await;
        }
    }

    async fn take_event(&self, event: ListenEvent, postgres: &Postgres, work: &str) {
        match event {
            ListenEvent::Listening(session) => {
                *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
                // Whether it is heard tells whether notifications arrive.
                if let Err(error) = postgres.notify(RUN_CHANNEL, "is anybody listening").await {
                    tracing::debug!(%error, "cannot try whether notifications arrive");
                }
            }
            ListenEvent::Lost => {
                *self.session.lock().unwrap_or_else(PoisonError::into_inner) = None;
                self.hears.store(false, Ordering::Release);
                // Whoever waits for a notification has to look by itself from now on.
                self.documents.notify_one();
                self.conductor.notify_one();
            }
            ListenEvent::Notified { channel, payload } => {
                if !self.hears.swap(true, Ordering::AcqRel) {
                    tracing::debug!(channels = ?CHANNELS, "notifications arrive");
                    // What was notified before was not heard.
                    self.documents.notify_one();
                    self.heartbeat.notify_one();
                }
                self.take_notification(&channel, &payload, work);
            }
        }
    }

    fn take_notification(&self, channel: &str, payload: &str, work: &str) {
        let is_of_this_work = |run: &RunId| run.as_str().starts_with(work);
        if channel == gdg_queue::postgres::CHANNEL {
            if is_of_this_work(&RunId::new(payload)) {
                self.documents.notify_one();
            }
        } else if let Some((run, status)) = parse_run_payload(payload).filter(|(run, _)| is_of_this_work(run))
        {
            self.heard_of(run, status);
            self.conductor.notify_one();
        } else if is_request(payload, work) {
            self.conductor.notify_one();
        }
    }
}

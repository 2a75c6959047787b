//! How fast the hosts are asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The longest time that a host's wish to be left alone is waited for within one request.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Bounds the requests to each host: how many at a time, how far apart, and none while the host asks for a pause.
#[derive(Debug)]
pub(crate) struct Pace {
    concurrency: usize,
    delay: Duration,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

#[derive(Debug)]
struct Host {
    requests: Arc<Semaphore>,
    /// When the next request may be sent.
    next: Mutex<Instant>,
}

/// The right to ask a host; held until its answer has been read.
#[derive(Debug)]
pub(crate) struct Slot {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Pace {
    /// At most `concurrency` requests to a host at a time, begun `delay` apart.
    pub(crate) fn new(concurrency: usize, delay: Duration) -> Self {
        Self { concurrency: concurrency.max(1), delay, hosts: Mutex::default() }
    }

    /// Waits for the right to ask `host`. `delay` is what the host itself asks for between requests. Cancel-safe.
    pub(crate) async fn turn(&self, host: &str, delay: Option<Duration>) -> Slot {
        let host = self.host(host);
        // Never closed, so that a permit always comes.
        let permit = Arc::clone(&host.requests).acquire_owned().await.ok();
        let delay = delay.unwrap_or_default().max(self.delay);
        let at = {
            let mut next = host.next.lock().unwrap_or_else(PoisonError::into_inner);
            let at = (*next).max(Instant::now());
            *next = at + delay;
            at
        };
        tokio::time::sleep_until(at).await;
        Slot { _permit: permit }
    }

    /// Leaves `host` alone for a while.
    pub(crate) fn pause(&self, host: &str, pause: Duration) {
        let until = Instant::now() + pause.min(LONGEST_PAUSE);
        let host = self.host(host);
        let mut next = host.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = (*next).max(until);
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hosts.entry(name.to_owned()).or_insert_with(|| {
            Arc::new(Host {
                requests: Arc::new(Semaphore::new(self.concurrency)),
                next: Mutex::new(Instant::now()),
            })
        });
        Arc::clone(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_to_a_host_are_spaced_and_those_to_others_are_not() {
        let pace = Pace::new(10, Duration::from_secs(2));
        let started = Instant::now();
        for _ in 0..3 {
            drop(pace.turn("a.example", None).await);
        }
        assert_eq!(started.elapsed().as_secs(), 4);
        drop(pace.turn("b.example", None).await);
        assert_eq!(started.elapsed().as_secs(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_asks_for_a_pause_gets_it_up_to_a_minute() {
        let pace = Pace::new(1, Duration::ZERO);
        for (asked, waited) in [(5, 5), (86_400, 60)] {
            let started = Instant::now();
            pace.pause("a.example", Duration::from_secs(asked));
            drop(pace.turn("a.example", None).await);
            assert_eq!(started.elapsed().as_secs(), waited);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_so_many_requests_are_on_their_way() {
        let pace = Pace::new(2, Duration::ZERO);
        let (one, _two) = (pace.turn("a", None).await, pace.turn("a", None).await);
        let third = tokio::time::timeout(Duration::from_secs(1), pace.turn("a", None));
        assert!(third.await.is_err());
        drop(one);
        pace.turn("a", None).await;
    }
}

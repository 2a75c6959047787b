//! How fast the hosts are asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// Hosts that are remembered. Of more, those are forgotten that nobody asks or waits for.
const REMEMBERED_HOSTS: usize = 1_000;

#[derive(Debug)]
struct Host {
    requests: Arc<Semaphore>,
    times: Mutex<Times>,
}

#[derive(Debug)]
struct Times {
    /// When the next request may be sent.
    next: Instant,
    /// The end of the pause that the host asked for.
    paused_until: Instant,
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
        loop {
            let now = Instant::now();
            let at = {
                let mut times = host.times();
                // The host may have asked for a pause while this request waited.
                let at = times.next.max(times.paused_until);
                if at <= now {
                    times.next = now + delay;
                    return Slot { _permit: permit };
                }
                at
            };
            tokio::time::sleep_until(at).await;
        }
    }

    /// Leaves `host` alone for a while.
    pub(crate) fn pause(&self, host: &str, pause: Duration) {
        let until = Instant::now() + pause.min(LONGEST_PAUSE);
        let host = self.host(host);
        let mut times = host.times();
        times.paused_until = times.paused_until.max(until);
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if hosts.len() >= REMEMBERED_HOSTS && !hosts.contains_key(name) {
            hosts.retain(|_, host| Arc::strong_count(host) > 1 || host.is_busy(self.concurrency, now));
        }
        let host = hosts.entry(name.to_owned()).or_insert_with(|| {
            Arc::new(Host {
                requests: Arc::new(Semaphore::new(self.concurrency)),
                times: Mutex::new(Times { next: now, paused_until: now }),
            })
        });
        Arc::clone(host)
    }
}

impl Host {
    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether requests to it are on their way, or have to wait.
    fn is_busy(&self, concurrency: usize, now: Instant) -> bool {
        let times = self.times();
        self.requests.available_permits() < concurrency || times.next.max(times.paused_until) > now
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
    async fn a_pause_holds_for_those_who_wait_already() {
        let pace = Arc::new(Pace::new(10, Duration::from_secs(1)));
        let started = Instant::now();
        drop(pace.turn("a", None).await);
        let waiting = tokio::spawn({
            let pace = Arc::clone(&pace);
            async move { drop(pace.turn("a", None).await) }
        });
        tokio::task::yield_now().await;
        pace.pause("a", Duration::from_secs(30));
        waiting.await.unwrap();
        assert_eq!(started.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_that_nobody_asks_are_forgotten() {
        let pace = Pace::new(1, Duration::ZERO);
        let _held = pace.turn("held", None).await;
        pace.pause("paused", Duration::from_secs(10));
        for number in 0..3 * REMEMBERED_HOSTS {
            drop(pace.turn(&format!("host-{number}"), None).await);
        }
        let hosts = pace.hosts.lock().unwrap();
        assert!(hosts.len() <= REMEMBERED_HOSTS + 1, "{}", hosts.len());
        assert!(hosts.contains_key("held") && hosts.contains_key("paused"));
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

//! What every [`Queue`] must do: one suite, which each implementation's tests
//! run by [`queue_conformance_tests!`](crate::queue_conformance_tests).
//!
//! A test gets a queue of its own, or shares one database with the others
//! under a run of its own.

// A check that panics is a test that fails.
#![allow(clippy::missing_panics_doc, clippy::unwrap_used, clippy::wildcard_imports)]

use crate::{
    Claim, Disposition, Failure, Fence, MAX_ABANDONED_ATTEMPTS, NewDocument, Priority, Queue, RetryPolicy,
};
use gdg_model::{DocumentRef, ErrorClass, RunId, SourceName, Stamp, WorkerId};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Makes one test of each check. `$make` is an expression of type
/// `async fn(RetryPolicy) -> impl Queue`.
#[macro_export]
macro_rules! queue_conformance_tests {
    ($make:expr) => {
        $crate::queue_conformance_tests! { @each $make;
            a_document_is_claimed_once
            a_document_is_taken_once_in_a_run
            claims_follow_priority_then_order
            a_claim_shows_the_document_as_it_was_enqueued
            a_stale_worker_cannot_complete_a_reclaimed_document
            a_stale_worker_can_neither_fail_nor_release
            a_heartbeat_names_the_fences_that_are_lost
            a_released_document_comes_back_at_the_end_without_a_retry
            a_transient_failure_is_retried_and_then_given_up
            a_permanent_failure_is_given_up_at_once
            a_retry_waits_for_its_time
            a_document_that_was_given_up_is_not_taken_again
            silence_returns_documents_and_gives_up_those_that_kill_workers
            a_fresh_heartbeat_protects_from_reclaim
            runs_do_not_see_each_other
        }
    };
    (@each $make:expr; $($name:ident)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                $crate::conformance::$name($make).await;
            }
        )+
    };
}

/// A policy whose retries are due at once.
pub fn eager_policy() -> RetryPolicy {
    RetryPolicy { max_retries: 2, base_delay: Duration::ZERO, max_delay: Duration::ZERO }
}

fn patient_policy() -> RetryPolicy {
    let hour = Duration::from_secs(3600);
    RetryPolicy { max_retries: 2, base_delay: hour, max_delay: hour }
}

fn run() -> RunId {
    RunId::new("conformance-1")
}

fn worker(name: &str) -> WorkerId {
    WorkerId::new(name)
}

fn document(name: &str) -> NewDocument {
    let source_name = SourceName::new("source");
    let document = DocumentRef::listed(&source_name, name, Stamp::default());
    NewDocument { document, priority: Priority::Normal }
}

fn names(claims: &[Claim]) -> Vec<String> {
    claims.iter().map(|claim| claim.document().locator.clone()).collect()
}

fn settle(claims: Vec<Claim>) -> Vec<Fence> {
    claims.into_iter().map(Claim::settle).collect()
}

async fn claim_all(queue: &impl Queue) -> Vec<Claim> {
    queue.claim(&run(), &worker("worker-1"), 1_000).await.unwrap()
}

fn failure(fence: Fence, class: ErrorClass) -> Failure {
    Failure { fence, class, message: "it broke".into(), format: None, jitter: 1.0 }
}

async fn fail_one(queue: &impl Queue, class: ErrorClass) -> Disposition {
    let fence = settle(claim_all(queue).await)[0];
    queue.fail(vec![failure(fence, class)]).await.unwrap().remove(0)
}

#[allow(missing_docs)] // a check's name says what it checks
mod checks {
    use super::*;

    pub async fn a_document_is_claimed_once<Q: Queue>(make: impl AsyncFn(RetryPolicy) -> Q) {
        let queue = make(eager_policy()).await;
        queue.enqueue(&run(), vec![document("a"), document("b"), document("c")]).await.unwrap();
        let first = queue.claim(&run(), &worker("worker-1"), 2).await.unwrap();
        let second = queue.claim(&run(), &worker("worker-2"), 2).await.unwrap();
        assert_eq!(names(&first), ["a", "b"]);
        assert_eq!(names(&second), ["c"]);
        let refused = queue.complete(settle(first.into_iter().chain(second).collect())).await.unwrap();
        assert_eq!(refused, []);
        assert!(queue.depth(&run()).await.unwrap().is_drained());
    }

    pub async fn a_document_is_taken_once_in_a_run<Q: Queue>(make: impl AsyncFn(RetryPolicy) -> Q) {
        let queue = make(eager_policy()).await;
        assert_eq!(queue.enqueue(&run(), vec![document("a"), document("a")]).await.unwrap(), 1);
        assert_eq!(queue.enqueue(&run(), vec![document("a"), document("b")]).await.unwrap(), 1);
        assert_eq!(queue.depth(&run()).await.unwrap().pending, 2);
    }

    pub async fn claims_follow_priority_then_order<Q: Queue>(make: impl AsyncFn(RetryPolicy) -> Q) {
        let queue = make(eager_policy()).await;
        let urgent = NewDocument { priority: Priority::High, ..document("urgent") };
        let idle = NewDocument { priority: Priority::Low, ..document("idle") };
        queue.enqueue(&run(), vec![idle, document("b"), document("a"), urgent]).await.unwrap();
        let claims = claim_all(&queue).await;
        assert_eq!(names(&claims), ["urgent", "b", "a", "idle"]);
        settle(claims);
    }

    pub async fn a_claim_shows_the_document_as_it_was_enqueued<Q: Queue>(
        make: impl AsyncFn(RetryPolicy) -> Q,
    ) {
        let queue = make(eager_policy()).await;
        let mut expected = document("folder/ü %41.md");
        expected.document.link_depth = 3;
        expected.document.stamp =
            Stamp { etag: Some("\"e\"".into()), modified_at: Some(-1), size: Some(1 << 40) };
        queue.enqueue(&run(), vec![expected.clone()]).await.unwrap();
        let claim = claim_all(&queue).await.remove(0);
        assert_eq!(*claim.document(), expected.document);
        assert_eq!((claim.fence().attempt, claim.retry_count()), (1, 0));
        claim.settle();
    }

    pub async fn a_stale_worker_cannot_complete_a_reclaimed_document<Q: Queue>(
        make: impl AsyncFn(RetryPolicy) -> Q,
    ) {
        let queue = make(eager_policy()).await;
        queue.enqueue(&run(), vec![document("a")]).await.unwrap();
        let stale = settle(claim_all(&queue).await);
        assert_eq!(queue.reclaim(&run(), Duration::ZERO).await.unwrap().returned, 1);
        assert_eq!(queue.complete(stale.clone()).await.unwrap(), stale, "while it is pending");
        let current = settle(claim_all(&queue).await);
        assert_eq!(queue.complete(stale.clone()).await.unwrap(), stale, "while another holds it");
        assert_eq!(queue.complete(current.clone()).await.unwrap(), []);
        assert_eq!(queue.complete(current.clone()).await.unwrap(), current, "once it is gone");
    }

    pub async fn a_stale_worker_can_neither_fail_nor_release<Q: Queue>(make: impl AsyncFn(RetryPolicy) -> Q) {
        let queue = make(eager_policy()).await;
        queue.enqueue(&run(), vec![document("a")]).await.unwrap();
        let stale = settle(claim_all(&queue).await);
        queue.reclaim(&run(), Duration::ZERO).await.unwrap();
        let current = settle(claim_all(&queue).await);
        let dispositions = queue.fail(vec![failure(stale[0], ErrorClass::Permanent)]).await.unwrap();
        assert_eq!(dispositions, [Disposition::Refused]);
        assert_eq!(queue.release(stale.clone()).await.unwrap(), stale);
        assert_eq!(queue.complete(current).await.unwrap(), [], "the current claim is untouched");
    }

    pub async fn a_heartbeat_names_the_fences_that_are_lost<Q: Queue>(make: impl AsyncFn(RetryPolicy) -> Q) {
        let queue = make(eager_policy()).await;
        queue.enqueue(&run(), vec![document("a"), document("b")]).await.unwrap();
        let fences = settle(claim_all(&queue).await);
        queue.complete(vec![fences[0]]).await.unwrap();
        assert_eq!(queue.heartbeat(fences.clone()).await.unwrap(), [fences[0]]);
    }

    pub async fn a_released_document_comes_back_at_the_end_without_a_retry<Q: Queue>(
        make: impl AsyncFn(RetryPolicy) -> Q,
    ) {
        let queue = make(eager_policy()).await;
        queue.enqueue(&run(), vec![document("a"), document("b")]).await.unwrap();
        let first = queue.claim(&run(), &worker("worker-1"), 1).await.unwrap();
        assert_eq!(queue.release(settle(first)).await.unwrap(), []);
        let claims = claim_all(&queue).await;
        assert_eq!(names(&claims), ["b", "a"]);
        assert_eq!(claims[1].retry_count(), 0);
        assert_eq!(claims[1].fence().attempt, 2, "a fence is never given twice");
        settle(claims);
    }

    pub async fn a_transient_failure_is_retried_and_then_given_up<Q: Queue>(
        make: impl AsyncFn(RetryPolicy) -> Q,
    ) {
        let queue = make(eager_policy()).await;
        queue.enqueue(&run(), vec![document("a")]).await.unwrap();
        assert_eq!(fail_one(&queue, ErrorClass::Transient).await, Disposition::Retried(Duration::ZERO));
        assert_eq!(fail_one(&queue, ErrorClass::Transient).await, Disposition::Retried(Duration::ZERO));
        assert_eq!(fail_one(&queue, ErrorClass::Transient).await, Disposition::Dead);
        assert!(queue.depth(&run()).await.unwrap().is_drained());
    }

    pub async fn a_permanent_failure_is_given_up_at_once<Q: Queue>(make: impl AsyncFn(RetryPolicy) -> Q) {
        let queue = make(eager_policy()).await;
        queue.enqueue(&run(), vec![document("a")]).await.unwrap();
        assert_eq!(fail_one(&queue, ErrorClass::Permanent).await, Disposition::Dead);
        assert!(queue.depth(&run()).await.unwrap().is_drained());
    }

    pub async fn a_retry_waits_for_its_time<Q: Queue>(make: impl AsyncFn(RetryPolicy) -> Q) {
        let queue = make(patient_policy()).await;
        queue.enqueue(&run(), vec![document("a")]).await.unwrap();
        assert_eq!(
            fail_one(&queue, ErrorClass::Transient).await,
            Disposition::Retried(Duration::from_secs(3600))
        );
        assert_eq!(names(&claim_all(&queue).await), [""; 0]);
        let depth = queue.depth(&run()).await.unwrap();
        assert_eq!(depth.retry, 1);
        assert!(depth.next_due.is_some_and(|due| due > Duration::from_secs(3000)), "{depth:?}");
    }

    pub async fn a_document_that_was_given_up_is_not_taken_again<Q: Queue>(
        make: impl AsyncFn(RetryPolicy) -> Q,
    ) {
        let queue = make(eager_policy()).await;
        queue.enqueue(&run(), vec![document("a")]).await.unwrap();
        fail_one(&queue, ErrorClass::Permanent).await;
        assert_eq!(queue.enqueue(&run(), vec![document("a")]).await.unwrap(), 0);
        assert_eq!(queue.enqueue(&RunId::new("conformance-2"), vec![document("a")]).await.unwrap(), 1);
    }

    pub async fn silence_returns_documents_and_gives_up_those_that_kill_workers<Q: Queue>(
        make: impl AsyncFn(RetryPolicy) -> Q,
    ) {
        let queue = make(eager_policy()).await;
        queue.enqueue(&run(), vec![document("a")]).await.unwrap();
        for _ in 1..MAX_ABANDONED_ATTEMPTS {
            settle(claim_all(&queue).await);
            let reclaimed = queue.reclaim(&run(), Duration::ZERO).await.unwrap();
            assert_eq!((reclaimed.returned, reclaimed.dead.len()), (1, 0));
        }
        settle(claim_all(&queue).await);
        let reclaimed = queue.reclaim(&run(), Duration::ZERO).await.unwrap();
        assert_eq!((reclaimed.returned, reclaimed.dead.len()), (0, 1));
        assert!(queue.depth(&run()).await.unwrap().is_drained());
    }

    pub async fn a_fresh_heartbeat_protects_from_reclaim<Q: Queue>(make: impl AsyncFn(RetryPolicy) -> Q) {
        let queue = make(eager_policy()).await;
        queue.enqueue(&run(), vec![document("a")]).await.unwrap();
        let fences = settle(claim_all(&queue).await);
        queue.heartbeat(fences.clone()).await.unwrap();
        assert_eq!(queue.reclaim(&run(), Duration::from_secs(600)).await.unwrap().returned, 0);
        assert_eq!(queue.complete(fences).await.unwrap(), []);
    }

    pub async fn runs_do_not_see_each_other<Q: Queue>(make: impl AsyncFn(RetryPolicy) -> Q) {
        let queue = make(eager_policy()).await;
        let other = RunId::new("conformance-2");
        queue.enqueue(&other, vec![document("a")]).await.unwrap();
        assert_eq!(names(&claim_all(&queue).await), [""; 0]);
        assert!(queue.depth(&run()).await.unwrap().is_drained());
        settle(queue.claim(&other, &worker("worker-1"), 1).await.unwrap());
        assert_eq!(queue.reclaim(&run(), Duration::ZERO).await.unwrap().returned, 0);
    }
}

pub use checks::*;

/// A step of a history of operations, for [`follows_the_model`]. Numbers pick
/// among what there is to pick from, whatever they are.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // the operations of `Queue`
pub enum Step {
    Enqueue(u8),
    Claim(u8),
    Complete(usize),
    Fail(usize, ErrorClass),
    Release(usize),
    ReclaimAll,
}

/// Histories for [`follows_the_model`]. With at most nine reclaims: a tenth may give a document up,
/// which the model does not follow.
pub fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let class =
        prop_oneof![Just(ErrorClass::Transient), Just(ErrorClass::Permanent), Just(ErrorClass::Poison)];
    let step = prop_oneof![
        3 => (0_u8..8).prop_map(Step::Enqueue),
        4 => (0_u8..4).prop_map(Step::Claim),
        3 => any::<usize>().prop_map(Step::Complete),
        3 => (any::<usize>(), class).prop_map(|(number, class)| Step::Fail(number, class)),
        2 => any::<usize>().prop_map(Step::Release),
        1 => Just(Step::ReclaimAll),
    ];
    prop::collection::vec(step, 1..60).prop_filter("at most nine reclaims", |steps| {
        steps.iter().filter(|step| matches!(step, Step::ReclaimAll)).count() < 10
    })
}

/// Takes `steps` on `queue`, and checks after each that no document is lost,
/// none is completed twice, no fence is given twice and no stale fence is
/// accepted. Fences are picked from all that were ever given, so that many are stale.
pub async fn follows_the_model(queue: &impl Queue, steps: Vec<Step>) {
    let mut model = Model::default();
    for step in steps {
        model.take(queue, &step).await;
        let depth = queue.depth(&run()).await.unwrap();
        let live = depth.pending + depth.processing + depth.retry;
        assert_eq!(live, model.live() as u64, "after {step:?}");
        assert_eq!(depth.processing, model.held.len() as u64, "after {step:?}");
    }
}

#[derive(Default)]
struct Model {
    enqueued: HashSet<String>,
    ended: HashSet<String>,
    /// Current fences, by document.
    held: HashMap<String, Fence>,
    /// Every fence ever given, with its document.
    given: Vec<(Fence, String)>,
}

impl Model {
    fn live(&self) -> usize {
        self.enqueued.len() - self.ended.len()
    }

    fn pick(&self, number: usize) -> Option<(Fence, String, bool)> {
        let (fence, name) = self.given.get(number % self.given.len().max(1))?;
        Some((*fence, name.clone(), self.held.get(name) == Some(fence)))
    }

    async fn take(&mut self, queue: &impl Queue, step: &Step) {
        match step {
            Step::Enqueue(number) => {
                let name = format!("document-{number}");
                let added = queue.enqueue(&run(), vec![document(&name)]).await.unwrap();
                let live = self.enqueued.contains(&name) && !self.ended.contains(&name);
                assert!(!(live && added > 0), "{name} is in the queue twice");
                if added > 0 {
                    self.ended.remove(&name);
                    self.enqueued.insert(name);
                }
            }
            Step::Claim(limit) => {
                let claims = queue.claim(&run(), &worker("worker-1"), u32::from(*limit)).await.unwrap();
                for claim in claims {
                    let name = claim.document().locator.clone();
                    let fence = claim.settle();
                    assert!(!self.given.iter().any(|(given, _)| *given == fence), "{fence} was given twice");
                    assert!(self.held.insert(name.clone(), fence).is_none(), "{name} has two holders");
                    self.given.push((fence, name));
                }
            }
            Step::Complete(number) => {
                let Some((fence, name, current)) = self.pick(*number) else { return };
                let refused = queue.complete(vec![fence]).await.unwrap();
                assert_eq!(refused.is_empty(), current, "completing {name} by {fence}");
                if current {
                    self.held.remove(&name);
                    self.ended.insert(name);
                }
            }
            Step::Fail(number, class) => {
                let Some((fence, name, current)) = self.pick(*number) else { return };
                let disposition = queue.fail(vec![failure(fence, *class)]).await.unwrap().remove(0);
                assert_eq!(disposition != Disposition::Refused, current, "failing {name} by {fence}");
                if current {
                    self.held.remove(&name);
                }
                if disposition == Disposition::Dead {
                    self.ended.insert(name);
                }
            }
            Step::Release(number) => {
                let Some((fence, name, current)) = self.pick(*number) else { return };
                assert_eq!(
                    queue.release(vec![fence]).await.unwrap().is_empty(),
                    current,
                    "releasing {name} by {fence}"
                );
                if current {
                    self.held.remove(&name);
                }
            }
            Step::ReclaimAll => {
                let reclaimed = queue.reclaim(&run(), Duration::ZERO).await.unwrap();
                assert_eq!(reclaimed.returned, self.held.len() as u64);
                assert_eq!(reclaimed.dead, [], "a short history leaves no document to so many dead workers");
                self.held.clear();
            }
        }
    }
}

//! Electors among themselves, and in trouble.

use crate::support::{Candidate, follows, has_asked, leads, postgres_named, start_elector, within_deadline};
use gdg_election::{CHANNEL, Epoch, LeaseEvent, LeaseNotice, LeaseTerms, Resignation};
use gdg_postgres::{ListenEvent, Listener};
use gdg_test_database::TestDatabase;
use std::time::Duration;
use tokio::time::Instant;

/// A lease that nobody loses while a machine is busy, nor gets by waiting: its renewals are 20 s apart.
fn long() -> LeaseTerms {
    LeaseTerms::with_ttl(Duration::from_secs(60))
}

/// A lease that runs out within a test.
fn short() -> LeaseTerms {
    LeaseTerms::with_ttl(Duration::from_millis(1_500))
}

async fn execute(database: &TestDatabase, statement: &str) {
    database.client().await.batch_execute(statement).await.unwrap();
}

#[tokio::test]
async fn a_leader_that_resigns_is_replaced_at_once() {
    let database = TestDatabase::create().await;
    let one = Candidate::start(&database, "one", long()).await;
    let term = leads(&one.elector).await;
    assert!(term.is_trusted());
    let two = Candidate::start(&database, "two", long()).await;
    has_asked(&database, "two").await;

    let resigned = Instant::now();
    assert_eq!(one.elector.resign_and_stop().await, Resignation::Resigned(Epoch(1)));
    assert!(term.token.is_cancelled() && !term.is_trusted());
    let next = leads(&two.elector).await;
    assert_eq!((next.epoch, next.holder.as_str()), (Epoch(2), "two"));
    assert!(resigned.elapsed() < Duration::from_secs(5), "by the notice, not by polling");
}

#[tokio::test]
async fn a_follower_that_stops_leaves_the_lease_alone() {
    let database = TestDatabase::create().await;
    let one = Candidate::start(&database, "one", long()).await;
    let term = leads(&one.elector).await;
    let two = Candidate::start(&database, "two", long()).await;
    has_asked(&database, "two").await;
    assert_eq!(two.elector.resign_and_stop().await, Resignation::NotLeading);
    assert!(term.is_trusted());
}

#[tokio::test]
async fn a_leader_that_dies_is_replaced_when_its_lease_has_run_out() {
    let database = TestDatabase::create().await;
    let one = Candidate::start(&database, "one", short()).await;
    let term = leads(&one.elector).await;
    let two = Candidate::start(&database, "two", short()).await;
    has_asked(&database, "two").await;

    drop(one);
    assert!(term.token.is_cancelled());
    assert_eq!(leads(&two.elector).await.epoch, Epoch(2));
}

#[tokio::test]
async fn a_follower_without_notices_takes_over_as_well() {
    let database = TestDatabase::create().await;
    let one = start_elector(&postgres_named(&database, "one"), "one", short());
    leads(&one).await;
    // One never hears anything, the other hears nothing from some time on.
    let deaf = start_elector(&postgres_named(&database, "deaf"), "deaf", short());
    let mut swallowed = Candidate::start(&database, "swallowed", short()).await;
    has_asked(&database, "deaf").await;
    hears(&mut listener(&database).await, LeaseEvent::Renewed, 1).await;
    swallowed.swallow_notices().await;

    assert_eq!(one.resign_and_stop().await, Resignation::Resigned(Epoch(1)));
    let (mut first, mut second) = (deaf.leadership(), swallowed.elector.leadership());
    within_deadline(async {
        tokio::select! {
            term = first.wait_for(Option::is_some) => assert!(term.is_ok()),
            term = second.wait_for(Option::is_some) => assert!(term.is_ok()),
        }
    })
    .await;
}

#[tokio::test]
async fn an_idle_follower_that_hears_the_leader_asks_nothing() {
    let database = TestDatabase::create().await;
    let one = start_elector(&postgres_named(&database, "one"), "one", short());
    leads(&one).await;
    let _two = Candidate::start(&database, "two", short()).await;
    has_asked(&database, "two").await;
    let mut listener = listener(&database).await;
    hears(&mut listener, LeaseEvent::Renewed, 2).await;

    let client = database.client().await;
    let last = "SELECT max(query_start)::text FROM pg_stat_activity WHERE application_name = 'two'";
    // A machine that is so busy that a renewal comes after the end of the lease gives every reason to ask: once more, then.
    within_deadline(async {
        loop {
            let before: String = client.query_one(last, &[]).await.unwrap().get(0);
            // Six renewals are twice the life of a lease.
            let longest_silence = hears(&mut listener, LeaseEvent::Renewed, 6).await;
            let after: String = client.query_one(last, &[]).await.unwrap().get(0);
            if before == after {
                return;
            }
            assert!(longest_silence >= short().ttl, "asked at {after}, after {longest_silence:?}");
        }
    })
    .await;
}

/// A listener of the test's own.
async fn listener(database: &TestDatabase) -> Listener {
    let mut listener = database.postgres().listen(&[CHANNEL]);
    within_deadline(async { while !matches!(listener.next().await, ListenEvent::Listening(_)) {} }).await;
    listener
}

/// Until `event` was notified so many times. How long it took at most from one to the next.
async fn hears(listener: &mut Listener, event: LeaseEvent, times: usize) -> Duration {
    let (mut heard, mut last, mut longest) = (0, Instant::now(), Duration::ZERO);
    while heard < times {
        if let ListenEvent::Notified { payload, .. } = within_deadline(listener.next()).await
            && LeaseNotice::parse(&payload).unwrap().event == event
        {
            (heard, longest, last) = (heard + 1, longest.max(last.elapsed()), Instant::now());
        }
    }
    longest
}

#[tokio::test]
async fn a_leader_that_was_stopped_knows_at_once_that_it_leads_no_more() {
    let database = TestDatabase::create().await;
    let one = start_elector(&postgres_named(&database, "one"), "one", short());
    let term = leads(&one).await;
    let mut leadership = one.leadership();
    // This runtime has one thread: nothing of the process goes on meanwhile.
    std::thread::sleep(short().ttl);
    assert!(!term.is_trusted(), "before any other task ran");
    within_deadline(term.token.cancelled()).await;
    // The next term is another one, with nobody else in the race.
    let next =
        within_deadline(leadership.wait_for(|now| now.as_ref().is_some_and(|now| now.epoch > term.epoch)));
    assert_eq!(next.await.unwrap().as_ref().unwrap().epoch, Epoch(2));
    assert!(!term.is_trusted());
}

#[tokio::test]
async fn a_leader_whose_lease_was_taken_steps_down_with_its_next_renewal() {
    let database = TestDatabase::create().await;
    let one = start_elector(&postgres_named(&database, "one"), "one", short());
    let term = leads(&one).await;
    let transaction = database.postgres().begin().await.unwrap();
    assert!(term.fence(&transaction).await.unwrap());
    transaction.rollback().await.unwrap();

    let taken =
        "UPDATE leases SET holder = 'two', epoch = 2, expires_at = clock_timestamp() + interval '1 hour'";
    execute(&database, taken).await;
    within_deadline(term.token.cancelled()).await;
    follows(&mut one.leadership()).await;
    let transaction = database.postgres().begin().await.unwrap();
    assert!(!term.fence(&transaction).await.unwrap());
    transaction.rollback().await.unwrap();
}

#[tokio::test]
async fn a_notice_of_another_leader_makes_a_leader_ask() {
    let database = TestDatabase::create().await;
    let one = Candidate::start(&database, "one", long()).await;
    let term = leads(&one.elector).await;
    let taken = "UPDATE leases SET holder = 'two', epoch = 2;
                 SELECT pg_notify('lease', concat_ws(chr(9), 'leader', 'acquired', 'two', 2))";
    execute(&database, taken).await;
    within_deadline(term.token.cancelled()).await;
}

#[tokio::test]
async fn an_elector_waits_for_the_schema_and_leads_when_it_is_there() {
    let database = TestDatabase::create_empty().await;
    let one = start_elector(&postgres_named(&database, "one"), "one", short());
    let client = database.client().await;
    let connected = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'one' AND state LIKE 'idle%'";
    within_deadline(async {
        while client.query(connected, &[]).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert!(one.leadership().borrow().is_none());
    let schema = include_str!("../../../../migrations/postgres/V1__initial.sql");
    client.batch_execute(schema).await.unwrap();
    let mut term = leads(&one).await;
    assert_eq!(term.epoch, Epoch(1));

    // And it stops when the schema is gone again, however long it might still be trusted.
    client.batch_execute("ALTER TABLE leases RENAME TO gone").await.unwrap();
    within_deadline(term.token.cancelled()).await;
    client.batch_execute("ALTER TABLE gone RENAME TO leases").await.unwrap();
    term = leads(&one).await;
    assert_eq!(term.epoch, Epoch(2));
}

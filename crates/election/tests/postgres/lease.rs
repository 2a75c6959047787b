//! The lease and its fence in the database.

use gdg_election::{
    CHANNEL, Campaign, Epoch, LeaseEvent, LeaseName, LeaseNotice, LeaseStore, LeaseTerms, fence,
};
use gdg_postgres::{ListenEvent, Postgres, Type};
use gdg_test_database::TestDatabase;
use std::time::Duration;

/// Far longer than anything here takes.
const DEADLINE: Duration = Duration::from_secs(10);

fn name() -> LeaseName {
    LeaseName::new("leader").unwrap()
}

fn store(postgres: &Postgres, holder: &str) -> LeaseStore {
    LeaseStore::new(postgres.clone(), name(), holder, &LeaseTerms::default())
}

/// What happens when the lease is not renewed for long enough.
async fn run_out(postgres: &Postgres) {
    let expire = "UPDATE leases SET expires_at = clock_timestamp()";
    assert_eq!(postgres.execute(expire, &[]).await.unwrap(), 1);
}

/// A write that only the leader may make; whether it was.
async fn fenced_write(postgres: &Postgres, holder: &str, epoch: Epoch) -> bool {
    let transaction = postgres.begin().await.unwrap();
    if !fence(&transaction, &name(), holder, epoch).await.unwrap() {
        transaction.rollback().await.unwrap();
        return false;
    }
    let write =
        "INSERT INTO workers (worker_id, instance_id, host, process_id, version) VALUES ($1, '', '', 0, '')";
    transaction.execute(write, &[(&holder as _, Type::TEXT)]).await.unwrap();
    transaction.commit().await.unwrap();
    true
}

#[tokio::test]
async fn of_many_candidates_at_once_one_wins() {
    let database = TestDatabase::create().await;
    let postgres = database.postgres();
    // Every other round makes the row, the one after it takes it over.
    for round in 0..20 {
        let campaigns = (0..20).map(|number| {
            let store = store(&postgres, &format!("worker-{number}"));
            tokio::spawn(async move { store.campaign().await.unwrap() })
        });
        let mut won = Vec::new();
        for campaign in campaigns.collect::<Vec<_>>() {
            if let Campaign::Won(epoch) = campaign.await.unwrap() {
                won.push(epoch);
            }
        }
        assert_eq!(won, [Epoch(1 + round % 2)]);
        run_out(&postgres).await;
        if round % 2 == 1 {
            postgres.execute("DELETE FROM leases", &[]).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_lease_that_lives_is_held_and_says_by_whom_and_for_how_long() {
    let database = TestDatabase::create().await;
    let postgres = database.postgres();
    assert_eq!(store(&postgres, "one").campaign().await.unwrap(), Campaign::Won(Epoch(1)));
    for candidate in ["one", "two"] {
        let Campaign::Held { holder, epoch, expires_in } =
            store(&postgres, candidate).campaign().await.unwrap()
        else {
            panic!("{candidate} won a lease that lives");
        };
        assert_eq!((holder.as_str(), epoch), ("one", Epoch(1)));
        assert!(
            expires_in > Duration::from_secs(15) && expires_in <= Duration::from_secs(30),
            "{expires_in:?}"
        );
    }
}

#[tokio::test]
async fn leases_of_different_names_have_nothing_to_do_with_each_other() {
    let database = TestDatabase::create().await;
    let postgres = database.postgres();
    let other = LeaseName::new("another").unwrap();
    let other = LeaseStore::new(postgres.clone(), other, "two", &LeaseTerms::default());
    assert_eq!(store(&postgres, "one").campaign().await.unwrap(), Campaign::Won(Epoch(1)));
    assert_eq!(other.campaign().await.unwrap(), Campaign::Won(Epoch(1)));
    assert!(!other.resign(Epoch(2)).await.unwrap() && other.resign(Epoch(1)).await.unwrap());
    assert!(store(&postgres, "one").renew(Epoch(1)).await.unwrap());
}

#[tokio::test]
async fn the_epoch_rises_with_each_change_of_hands() {
    let database = TestDatabase::create().await;
    let postgres = database.postgres();
    let (one, two) = (store(&postgres, "one"), store(&postgres, "two"));
    assert_eq!(one.campaign().await.unwrap(), Campaign::Won(Epoch(1)));
    assert!(one.resign(Epoch(1)).await.unwrap());
    assert_eq!(two.campaign().await.unwrap(), Campaign::Won(Epoch(2)));
    run_out(&postgres).await;
    assert_eq!(two.campaign().await.unwrap(), Campaign::Won(Epoch(3)), "also from one to itself");
    run_out(&postgres).await;
    assert_eq!(one.campaign().await.unwrap(), Campaign::Won(Epoch(4)));
}

#[tokio::test]
async fn a_stale_epoch_can_neither_be_renewed_nor_resigned() {
    let database = TestDatabase::create().await;
    let postgres = database.postgres();
    let (one, two) = (store(&postgres, "one"), store(&postgres, "two"));
    one.campaign().await.unwrap();
    run_out(&postgres).await;
    assert!(!one.renew(Epoch(1)).await.unwrap(), "a lease that has run out is won anew");
    assert_eq!(two.campaign().await.unwrap(), Campaign::Won(Epoch(2)));
    for (store, epoch) in [(&one, Epoch(1)), (&one, Epoch(2)), (&two, Epoch(1)), (&two, Epoch(3))] {
        assert!(!store.renew(epoch).await.unwrap());
        assert!(!store.resign(epoch).await.unwrap());
    }
    assert!(two.renew(Epoch(2)).await.unwrap());
}

#[tokio::test]
async fn a_renewal_that_arrives_after_the_resignation_changes_nothing() {
    let database = TestDatabase::create().await;
    let postgres = database.postgres();
    let (one, two) = (store(&postgres, "one"), store(&postgres, "two"));
    one.campaign().await.unwrap();
    assert!(one.resign(Epoch(1)).await.unwrap());
    assert!(!one.renew(Epoch(1)).await.unwrap());
    assert_eq!(two.campaign().await.unwrap(), Campaign::Won(Epoch(2)));
}

#[tokio::test]
async fn a_stale_leaders_write_is_refused_and_the_current_ones_passes() {
    let database = TestDatabase::create().await;
    let postgres = database.postgres();
    store(&postgres, "one").campaign().await.unwrap();
    assert!(fenced_write(&postgres, "one", Epoch(1)).await);
    run_out(&postgres).await;
    assert_eq!(store(&postgres, "two").campaign().await.unwrap(), Campaign::Won(Epoch(2)));
    assert!(!fenced_write(&postgres, "one", Epoch(1)).await);
    assert!(!fenced_write(&postgres, "one", Epoch(2)).await);
    assert!(fenced_write(&postgres, "two", Epoch(2)).await);
}

#[tokio::test]
async fn nobody_takes_over_while_a_leaders_write_is_open_and_nobody_waits_for_it() {
    let database = TestDatabase::create().await;
    let postgres = database.postgres();
    let (one, two) = (store(&postgres, "one"), store(&postgres, "two"));
    one.campaign().await.unwrap();
    let write = postgres.begin().await.unwrap();
    assert!(fence(&write, &name(), "one", Epoch(1)).await.unwrap());
    // The row has moved since it was locked: the lock goes with it.
    assert!(one.renew(Epoch(1)).await.unwrap());
    run_out(&postgres).await;
    let campaign = tokio::time::timeout(DEADLINE, two.campaign()).await.unwrap().unwrap();
    assert_eq!(
        campaign,
        Campaign::Held { holder: "one".into(), epoch: Epoch(1), expires_in: Duration::ZERO }
    );
    write.commit().await.unwrap();
    assert_eq!(two.campaign().await.unwrap(), Campaign::Won(Epoch(2)));
}

#[tokio::test]
async fn a_fence_that_meets_a_takeover_waits_for_it_and_refuses() {
    let database = TestDatabase::create().await;
    let postgres = database.postgres();
    store(&postgres, "one").campaign().await.unwrap();
    let takeover = postgres.begin().await.unwrap();
    let change = "UPDATE leases SET holder = 'two', epoch = 2";
    takeover.execute(change, &[]).await.unwrap();
    let stale = postgres.begin().await.unwrap();
    let lease = name();
    let fenced = fence(&stale, &lease, "one", Epoch(1));
    let commit = async {
        wait_for_a_lock(&postgres).await;
        takeover.commit().await.unwrap();
    };
    let (fenced, ()) = tokio::join!(fenced, commit);
    assert!(!fenced.unwrap());
    stale.rollback().await.unwrap();
}

/// Until somebody waits for a lock in this database.
async fn wait_for_a_lock(postgres: &Postgres) {
    let waiting =
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waits = async {
        while postgres.query(waiting, &[]).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, waits).await.unwrap();
}

#[tokio::test]
async fn a_renewal_does_not_wait_for_the_leaders_own_writes() {
    let database = TestDatabase::create().await;
    let postgres = database.postgres();
    let one = store(&postgres, "one");
    one.campaign().await.unwrap();
    let write = postgres.begin().await.unwrap();
    assert!(fence(&write, &name(), "one", Epoch(1)).await.unwrap());
    for _ in 0..3 {
        assert!(tokio::time::timeout(DEADLINE, one.renew(Epoch(1))).await.unwrap().unwrap());
    }
    assert!(fenced_write(&postgres, "one", Epoch(1)).await, "any number of writes are fenced together");
    assert!(tokio::time::timeout(DEADLINE, one.resign(Epoch(1))).await.unwrap().unwrap());
    write.commit().await.unwrap();
}

#[tokio::test]
async fn whatever_happens_to_a_lease_is_notified() {
    let database = TestDatabase::create().await;
    let postgres = database.postgres();
    let mut listener = postgres.listen(&[CHANNEL]);
    assert!(matches!(listener.next().await, ListenEvent::Listening(_)));
    let one = store(&postgres, "one\t1");
    one.campaign().await.unwrap();
    one.campaign().await.unwrap(); // held: nothing happens
    one.renew(Epoch(1)).await.unwrap();
    one.renew(Epoch(7)).await.unwrap(); // refused: nothing happens
    one.resign(Epoch(1)).await.unwrap();
    for event in [LeaseEvent::Acquired, LeaseEvent::Renewed, LeaseEvent::Resigned] {
        let told = tokio::time::timeout(DEADLINE, listener.next()).await.unwrap();
        let ListenEvent::Notified { channel, payload } = told else { panic!("{told:?}") };
        let expected = LeaseNotice { name: name(), event, holder: "one\t1".into(), epoch: Epoch(1) };
        assert_eq!((channel.as_str(), LeaseNotice::parse(&payload)), (CHANNEL, Some(expected)));
    }
}

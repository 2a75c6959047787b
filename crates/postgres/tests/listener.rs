//! Notifications: that they arrive, go on to arrive, and stand in nobody's way.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod support;

use futures::FutureExt;
use gdg_postgres::{ListenEvent, Listener, ListenerSession, Postgres};
use gdg_test_database::TestDatabase;
use std::sync::atomic::{AtomicBool, Ordering};
use support::{eventually, is_connected, postgres_with, within_deadline};
use tokio_postgres::Client;

const CHANNELS: &[&str] = &["first", "second"];

async fn database() -> (TestDatabase, Client, Postgres) {
    let database = TestDatabase::create_empty().await;
    let (admin, postgres) = (database.client().await, postgres_with(&database, |_| {}));
    (database, admin, postgres)
}

/// Waits until it listens; everything else that it tells before is passed over.
async fn listening(listener: &mut Listener) -> ListenerSession {
    let waiting = async {
        loop {
            if let ListenEvent::Listening(session) = listener.next().await {
                return session;
            }
        }
    };
    within_deadline(waiting).await
}

async fn notify(admin: &Client, channel: &str, payload: &str) {
    admin.execute("SELECT pg_notify($1, $2)", &[&channel, &payload]).await.unwrap();
}

fn notified(channel: &str, payload: &str) -> ListenEvent {
    ListenEvent::Notified { channel: channel.into(), payload: payload.into() }
}

#[tokio::test]
async fn notifications_of_its_channels_arrive_in_order() {
    let (_database, admin, postgres) = database().await;
    let mut listener = postgres.listen(CHANNELS);
    let session = listening(&mut listener).await;
    let statement = "SELECT backend_start FROM pg_stat_activity WHERE pid = $1";
    let start = admin.query_one(statement, &[&session.backend_pid]).await.unwrap().get(0);
    assert_eq!(session.backend_start, start);

    notify(&admin, "first", "one").await;
    notify(&admin, "third", "nobody listens to this one").await;
    postgres.query("SELECT pg_notify('second', 'two')", &[]).await.unwrap();
    assert_eq!(within_deadline(listener.next()).await, notified("first", "one"));
    let two = within_deadline(listener.next()).await;
    assert_eq!(two, notified("second", "two"));
    listener.repeat(Some(two.clone()));
    assert_eq!(listener.next().await, two);
}

#[tokio::test]
async fn a_listener_that_lost_its_connection_says_so_and_hears_again() {
    let (_database, admin, postgres) = database().await;
    let mut listener = postgres.listen(CHANNELS);
    let first = listening(&mut listener).await;
    admin.execute("SELECT pg_terminate_backend($1)", &[&first.backend_pid]).await.unwrap();
    assert_eq!(within_deadline(listener.next()).await, ListenEvent::Lost);
    let ListenEvent::Listening(second) = within_deadline(listener.next()).await else {
        panic!("the server is there, so one attempt is enough");
    };
    assert_ne!(second, first);
    notify(&admin, "first", "again").await;
    assert_eq!(within_deadline(listener.next()).await, notified("first", "again"));
}

#[tokio::test]
async fn a_listener_that_cannot_connect_says_so_again_and_again() {
    let (_database, _admin, _postgres) = database().await;
    let refused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = refused.local_addr().unwrap().port();
    drop(refused);
    let uri = format!("postgresql://nobody@127.0.0.1:{port}/nothing");
    let storage = gdg_config::StorageConfig {
        uri: Some(gdg_config::ConnectionUri::new(uri)),
        ..gdg_config::StorageConfig::default()
    };
    let environment = gdg_config::Environment::default();
    let settings = gdg_postgres::Settings::from_config(&storage, &environment, "test").unwrap();
    let mut listener = Postgres::new(settings).unwrap().listen(CHANNELS);
    for _ in 0..2 {
        assert_eq!(within_deadline(listener.next()).await, ListenEvent::Lost);
    }
}

#[tokio::test]
async fn a_flood_that_nobody_reads_takes_no_room_and_holds_up_nothing() {
    let (_database, admin, postgres) = database().await;
    let mut listener = postgres.listen(CHANNELS);
    listening(&mut listener).await;
    // Far more than sockets hold: 40 megabytes.
    let flood = "SELECT count(pg_notify('first', repeat('x', 4000) || number)) FROM generate_series(1, 10000) AS number";
    within_deadline(admin.query_one(flood, &[])).await.unwrap();
    // All but what sockets hold is taken from the server, though nobody reads it here.
    let usage = "SELECT pg_notification_queue_usage()";
    eventually(async || admin.query_one(usage, &[]).await.unwrap().get::<_, f64>(0) < 0.000_1).await;
    // Behind all of it comes another, as soon as there is room for it.
    let (mut heard, mut is_last) = (0, false);
    eventually(async || {
        notify(&admin, "second", "last").await;
        while let Some(event) = listener.next().now_or_never() {
            heard += 1;
            is_last |= event == notified("second", "last");
        }
        is_last
    })
    .await;
    assert!(heard < 5_000, "{heard} notifications were kept");
}

#[tokio::test]
async fn a_listener_that_is_dropped_closes_its_connection() {
    let (_database, admin, postgres) = database().await;
    let mut listener = postgres.listen(CHANNELS);
    let pid = listening(&mut listener).await.backend_pid;
    assert!(is_connected(&admin, pid).await);
    drop(listener);
    eventually(async || !is_connected(&admin, pid).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_that_is_heard_is_that_it_listens() {
    let (_database, admin, postgres) = database().await;
    let is_over = AtomicBool::new(false);
    let flooding = async {
        while !is_over.load(Ordering::Acquire) {
            notify(&admin, "second", "too early").await;
        }
    };
    let listening = async {
        for _ in 0..100 {
            let mut listener = postgres.listen(CHANNELS);
            let event = within_deadline(listener.next()).await;
            assert!(matches!(event, ListenEvent::Listening(_)), "{event:?}");
            assert_eq!(within_deadline(listener.next()).await, notified("second", "too early"));
        }
        is_over.store(true, Ordering::Release);
    };
    tokio::join!(flooding, listening);
}

//! Leaders that cannot reach the database.

use crate::support::{follows, leads, postgres_named, start_elector, within_deadline};
use gdg_config::{ConnectionUri, StorageConfig};
use gdg_election::{Elector, Epoch, Leadership, LeaseTerms, Resignation};
use gdg_test_database::TestDatabase;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

fn terms() -> LeaseTerms {
    LeaseTerms::with_ttl(Duration::from_millis(1_500))
}

/// Until `elector` steps down, which it must do while it may still be sure that nobody else leads.
async fn steps_down_in_time(elector: &Elector, term: &Leadership) {
    let mut leadership = elector.leadership();
    within_deadline(term.token.cancelled()).await;
    follows(&mut leadership).await;
    // The test may be late to see it; the leader was not to be trusted any more in any case.
    assert!(!term.is_trusted() && Instant::now() >= term.trusted_until());
}

#[tokio::test]
async fn a_leader_that_lost_the_database_steps_down_by_itself_and_leads_again_later() {
    let (database, elsewhere) = (TestDatabase::create().await, TestDatabase::create_empty().await);
    let one = start_elector(&postgres_named(&database, "one"), "one", terms());
    let term = leads(&one).await;

    let admin = elsewhere.client().await;
    let name = database.url().path().trim_start_matches('/').to_owned();
    // Names in tests are made of letters, digits and underscores.
    admin.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await.unwrap();
    let terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    admin.execute(terminate, &[&name]).await.unwrap();
    steps_down_in_time(&one, &term).await;

    admin.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await.unwrap();
    assert_eq!(leads(&one).await.epoch, Epoch(2));
}

#[tokio::test]
async fn a_leader_whose_connections_hang_steps_down_and_another_takes_over() {
    let database = TestDatabase::create().await;
    let network = Network::start(&database).await;
    let one = start_elector(&database.postgres_with(&network.storage), "one", terms());
    let term = leads(&one).await;
    let two = start_elector(&postgres_named(&database, "two"), "two", terms());

    network.is_up.send_replace(false);
    steps_down_in_time(&one, &term).await;
    let next = leads(&two).await;
    assert_eq!(next.epoch, Epoch(2));
    network.is_up.send_replace(true);
    let transaction = database.postgres().begin().await.unwrap();
    assert!(!term.fence(&transaction).await.unwrap() && next.fence(&transaction).await.unwrap());
    transaction.rollback().await.unwrap();
}

#[tokio::test]
async fn a_resignation_does_not_wait_for_a_database_that_does_not_answer() {
    let database = TestDatabase::create().await;
    let network = Network::start(&database).await;
    let one = start_elector(&database.postgres_with(&network.storage), "one", LeaseTerms::default());
    let term = leads(&one).await;
    network.is_up.send_replace(false);
    let resigning = within_deadline(one.resign_and_stop());
    assert_eq!(resigning.await, Resignation::LeftToRunOut);
    assert!(term.token.is_cancelled());
}

/// A way to the database on which everything stands still while it is not up: nothing is refused, nothing arrives.
struct Network {
    storage: StorageConfig,
    is_up: watch::Sender<bool>,
    _connections: JoinSet<()>,
}

impl Network {
    async fn start(database: &TestDatabase) -> Self {
        let server = database.url();
        let entry = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = url_through(&server, entry.local_addr().unwrap().port());
        let storage = StorageConfig { uri: Some(ConnectionUri::new(uri)), ..database.storage() };
        let (is_up, up) = watch::channel(true);
        let mut connections = JoinSet::new();
        connections.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = entry.accept().await {
                let (host, port) = (server.host_str().unwrap().to_owned(), server.port().unwrap_or(5432));
                connections.spawn(carry(near, host, port, up.clone()));
            }
        });
        Self { storage, is_up, _connections: connections }
    }
}

fn url_through(server: &Url, port: u16) -> String {
    let mut url = server.clone();
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(port)).unwrap();
    url.to_string()
}

async fn carry(near: TcpStream, host: String, port: u16, up: watch::Receiver<bool>) {
    let far = TcpStream::connect((host, port)).await.unwrap();
    let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
    tokio::join!(carry_one_way(from_near, to_far, up.clone()), carry_one_way(from_far, to_near, up));
}

async fn carry_one_way(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut up: watch::Receiver<bool>) {
    let mut buffer = [0; 4_096];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let is_over = up.wait_for(|up| *up).await.is_err();
        if is_over || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

//! Candidates for the tests of the elector.

use gdg_config::Environment;
use gdg_election::{CHANNEL, Elector, Leadership, LeaseName, LeaseTerms};
use gdg_postgres::{ListenEvent, Postgres, Settings};
use gdg_test_database::TestDatabase;
use std::future::Future;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Far longer than anything in the tests takes when it works.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// An elector, with a listener whose notices reach it.
pub(crate) struct Candidate {
    pub(crate) elector: Elector,
    listening: JoinSet<()>,
}

impl Candidate {
    /// Starts a candidate whose sessions bear its name. Returns when it listens.
    pub(crate) async fn start(database: &TestDatabase, holder: &str, terms: LeaseTerms) -> Self {
        let postgres = postgres_named(database, holder);
        let elector = start_elector(&postgres, holder, terms);
        let mut listener = postgres.listen(&[CHANNEL]);
        let ear = elector.ear();
        // A notice may come in before the listener says that it listens.
        within_deadline(async {
            loop {
                let event = listener.next().await;
                ear.listen_event(&event);
                if matches!(event, ListenEvent::Listening(_)) {
                    return;
                }
            }
        })
        .await;
        let mut listening = JoinSet::new();
        listening.spawn(async move {
            loop {
                ear.listen_event(&listener.next().await);
            }
        });
        Self { elector, listening }
    }

    /// Ends the listener: from now on no notice arrives, and nobody says so.
    pub(crate) async fn swallow_notices(&mut self) {
        self.listening.shutdown().await;
    }
}

pub(crate) fn start_elector(postgres: &Postgres, holder: &str, terms: LeaseTerms) -> Elector {
    Elector::start(postgres.clone(), LeaseName::new("leader").unwrap(), holder.to_owned(), terms)
}

pub(crate) fn postgres_named(database: &TestDatabase, name: &str) -> Postgres {
    let settings = Settings::from_config(&database.storage(), &Environment::default(), name).unwrap();
    Postgres::new(settings).unwrap()
}

/// The next term of `elector`.
pub(crate) async fn leads(elector: &Elector) -> Leadership {
    within_deadline(elector.wait_to_lead()).await
}

/// Until `elector` does not lead.
pub(crate) async fn follows(leadership: &mut watch::Receiver<Option<Leadership>>) {
    within_deadline(leadership.wait_for(Option::is_none)).await.unwrap();
}

/// Until the sessions called `holder` have asked for the lease at least once.
pub(crate) async fn has_asked(database: &TestDatabase, holder: &str) {
    let client = database.client().await;
    let asked =
        "SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND query = 'COMMIT' AND state = 'idle'";
    within_deadline(async {
        while client.query(asked, &[&holder]).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

pub(crate) async fn within_deadline<T>(waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, waiting).await.expect("it should have happened by now")
}

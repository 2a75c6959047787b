//! Campaigns for a lease, and tells what happens:
//!
//! ```text
//! cargo run -p gdg-election --example leader -- postgresql://user:password@host:5432/database
//! ```
//!
//! Start it several times; stop one with Ctrl-C, kill another, and see who
//! leads. Each leader writes to a table once a second, behind its fence: freeze
//! one (`kill -STOP`), let it go on (`kill -CONT`) when another leads, and see
//! that it writes nothing.
//!
//! The database needs the table `leases` of the project's migrations, which is
//! also in the documentation of this crate. The table that is written to is
//! made here: `leader_example`.

use anyhow::Context;
use gdg_config::{ConnectionUri, Environment, StorageConfig};
use gdg_election::{CHANNEL, Elector, Leadership, LeaseName, LeaseTerms};
use gdg_postgres::{Postgres, PostgresError, Settings, Type};
use std::time::Duration;

const MAKE_TABLE: &str =
    "CREATE TABLE IF NOT EXISTS leader_example (epoch bigint, holder text, written_at timestamptz)";
const WRITE: &str = "INSERT INTO leader_example VALUES ($1, $2, clock_timestamp())";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let uri = std::env::args().nth(1).context("give the URI of a database")?;
    let postgres = connect(uri)?;
    postgres.execute(MAKE_TABLE, &[]).await?;

    // No two processes have the same name, nor one and its successor.
    let holder = format!("{}-{:08x}", std::process::id(), rand::random::<u32>());
    println!("this is {holder}");
    let terms = LeaseTerms::with_ttl(Duration::from_secs(6));
    let elector = Elector::start(postgres.clone(), LeaseName::new("example")?, holder, terms);
    let listening = tokio::spawn(pass_notices_on(postgres.clone(), elector.ear()));

    tokio::select! {
        () = lead_again_and_again(&postgres, &elector) => {}
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    println!("{:?}", elector.resign_and_stop().await);
    listening.abort();
    Ok(())
}

fn connect(uri: String) -> anyhow::Result<Postgres> {
    let storage = StorageConfig { uri: Some(ConnectionUri::new(uri)), ..StorageConfig::default() };
    let settings = Settings::from_config(&storage, &Environment::of_process(), "leader example")?;
    Ok(Postgres::new(settings)?)
}

/// A process has one listener, for everything it wants to hear.
async fn pass_notices_on(postgres: Postgres, ear: gdg_election::Ear) {
    let mut listener = postgres.listen(&[CHANNEL]);
    loop {
        let event = listener.next().await;
        println!("    {event:?}");
        ear.listen_event(&event);
    }
}

async fn lead_again_and_again(postgres: &Postgres, elector: &Elector) {
    loop {
        let term = elector.wait_to_lead().await;
        println!("leads under epoch {}", term.epoch);
        work(postgres, &term).await;
        println!("does not lead any more");
    }
}

/// The leader's work, for as long as it leads.
async fn work(postgres: &Postgres, term: &Leadership) {
    while term.is_trusted() {
        match write(postgres, term).await {
            Ok(true) => println!("wrote under epoch {}", term.epoch),
            Ok(false) => println!("was refused: epoch {} is over", term.epoch),
            Err(error) => println!("could not write: {error}"),
        }
        tokio::select! {
            () = term.token.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
}

/// A write that only the leader may make: `false` if another one leads.
async fn write(postgres: &Postgres, term: &Leadership) -> Result<bool, PostgresError> {
    let transaction = postgres.begin().await?;
    if !term.fence(&transaction).await? {
        transaction.rollback().await?;
        return Ok(false);
    }
    let parameters = [(&term.epoch.0 as _, Type::INT8), (&term.holder as _, Type::TEXT)];
    let written = transaction.execute(WRITE, &parameters).await;
    transaction.end(written).await?;
    Ok(true)
}

//! Transactions.

use crate::{Parameter, Postgres, PostgresError, Row, Type, statement};
use deadpool_postgres::Object;
use futures::{FutureExt, join};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::oneshot;
use tokio_postgres::error::{DbError, Severity};

/// To a commit after a failed statement, the server only answers that it rolled back, which nobody would see: the
/// statement before it fails then.
const COMMIT: &str = "SELECT 1; COMMIT";

pub(crate) const NOTIFY: &str = "SELECT pg_notify($1, $2)";

/// An open transaction, on a connection of the pool.
///
/// It ends with [`end`](Self::end), [`commit`](Self::commit) or
/// [`rollback`](Self::rollback). One that is dropped without that is rolled
/// back, and its connection closed: nobody knows what was on its way. The server
/// is asked to give up a statement that was.
#[derive(Debug)]
pub struct Transaction {
    client: Option<Object>,
    postgres: Postgres,
    /// Messages that were not answered, whether somebody waits for the answer or not.
    unanswered: AtomicUsize,
}

impl Transaction {
    pub(crate) fn new(client: Object, postgres: Postgres) -> Self {
        Self { client: Some(client), postgres, unanswered: AtomicUsize::new(0) }
    }

    /// Runs a statement, and returns its rows.
    pub async fn query(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        let client = self.client()?;
        let running = async {
            let statement = statement::make_ready(client, self.prepared(), statement, parameters).await?;
            statement.query(client, parameters).await
        };
        self.answer(running).await
    }

    /// Runs a statement, and returns its first row.
    pub async fn query_opt(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Option<Row>, PostgresError> {
        Ok(self.query(statement, parameters).await?.into_iter().next())
    }

    /// Runs a statement, and returns how many rows it touched.
    pub async fn execute(&self, statement: &str, parameters: &[Parameter<'_>]) -> Result<u64, PostgresError> {
        let client = self.client()?;
        let running = async {
            let statement = statement::make_ready(client, self.prepared(), statement, parameters).await?;
            statement.execute(client, parameters).await
        };
        self.answer(running).await
    }

    /// Notifies a channel, once this transaction commits.
    pub async fn notify(&self, channel: &str, payload: &str) -> Result<(), PostgresError> {
        self.query(NOTIFY, &[(&channel, Type::TEXT), (&payload, Type::TEXT)]).await?;
        Ok(())
    }

    /// Commits what `outcome` says went well, and rolls back what did not.
    ///
    /// An error of the commit itself leaves open whether it took effect.
    pub async fn end<T, E: From<PostgresError>>(self, outcome: Result<T, E>) -> Result<T, E> {
        match outcome {
            Ok(value) => {
                self.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // What was wrong first is what is told.
                if let Err(error) = self.rollback().await {
                    tracing::debug!(%error, "a transaction could not be rolled back; its connection is closed");
                }
                Err(error)
            }
        }
    }

    /// Commits. An error leaves open whether it took effect, but for one: where a statement failed before, even one
    /// that nobody waited for, nothing does.
    pub async fn commit(mut self) -> Result<(), PostgresError> {
        self.run_batch(COMMIT).await?;
        self.give_back();
        Ok(())
    }

    /// Takes everything back.
    pub async fn rollback(mut self) -> Result<(), PostgresError> {
        self.run_batch("ROLLBACK").await?;
        self.give_back();
        Ok(())
    }

    /// Runs statements without parameters.
    pub(crate) async fn run_batch(&self, statements: &str) -> Result<(), PostgresError> {
        self.answer(self.client()?.batch_execute(statements)).await
    }

    /// The whole transaction at once: the three messages are sent one behind the other, and answered in one round
    /// trip; where the statement has to be prepared, in two. A statement that fails makes the commit a rollback.
    pub(crate) async fn run_alone(
        mut self,
        begin: &str,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        let client = self.client()?;
        let (is_ready, ready) = oneshot::channel();
        let running = async {
            Ok(join!(
                client.batch_execute(begin),
                async {
                    let ready = statement::make_ready(client, self.prepared(), statement, parameters).await;
                    // Heard only after what follows was asked for the first time, and sent its message.
                    let _ = is_ready.send(());
                    ready?.query(client, parameters).await
                },
                async {
                    let _ = ready.await;
                    client.batch_execute("COMMIT").await
                }
            ))
        };
        let (begun, rows, committed) = self.answer(running).await?;
        // Whatever else went wrong, a commit that was answered ends the transaction.
        if committed.as_ref().map_or_else(leaves_connection, |()| true) {
            self.give_back();
        }
        let rows = begun.and(rows).and_then(|rows| committed.map(|()| rows));
        rows.map_err(|error| self.postgres.explain(error))
    }

    fn client(&self) -> Result<&Object, PostgresError> {
        self.client.as_ref().ok_or(PostgresError::Closed)
    }

    /// Gives the connection back to the pool.
    fn give_back(&mut self) {
        self.client = None;
    }

    fn prepared(&self) -> bool {
        self.postgres.settings().prepared_statements
    }

    /// Waits for an answer; who drops this leaves it outstanding.
    fn answer<T>(
        &self,
        running: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> impl Future<Output = Result<T, PostgresError>> {
        self.unanswered.fetch_add(1, Ordering::Relaxed);
        running.map(|outcome| {
            self.unanswered.fetch_sub(1, Ordering::Relaxed);
            outcome.map_err(|error| self.postgres.explain(error))
        })
    }
}

/// Whether the server goes on after this error.
fn leaves_connection(error: &tokio_postgres::Error) -> bool {
    let severity = error.as_db_error().and_then(DbError::parsed_severity);
    severity == Some(Severity::Error)
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        if *self.unanswered.get_mut() > 0 {
            // The server would notice that nobody is there only once the statement is done.
            self.postgres.cancel(client.cancel_token());
        }
        // Out of the pool, and closed: the server rolls back.
        drop(Object::take(client));
    }
}

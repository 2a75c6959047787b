//! Transactions.

use crate::{Parameter, PostgresError, Row, statement};
use deadpool_postgres::Object;
use futures::join;

/// An open transaction, on a connection of the pool.
///
/// It ends with [`end`](Self::end), [`commit`](Self::commit) or
/// [`rollback`](Self::rollback). One that is dropped without that is rolled
/// back, and its connection closed: nobody knows what was on its way.
#[derive(Debug)]
pub struct Transaction {
    client: Option<Object>,
    prepared: bool,
    server: String,
}

impl Transaction {
    pub(crate) fn new(client: Object, prepared: bool, server: &str) -> Self {
        Self { client: Some(client), prepared, server: server.to_owned() }
    }

    /// Runs a statement, and returns its rows.
    pub async fn query(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        let rows = statement::query(self.client()?, self.prepared, statement, parameters).await;
        rows.map_err(|error| self.explain(error))
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
        let touched = statement::execute(self.client()?, self.prepared, statement, parameters).await;
        touched.map_err(|error| self.explain(error))
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

    /// Commits. An error leaves open whether it took effect.
    pub async fn commit(mut self) -> Result<(), PostgresError> {
        self.run_batch("COMMIT").await?;
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
        self.client()?.batch_execute(statements).await.map_err(|error| self.explain(error))
    }

    /// The whole transaction at once: the three messages are sent one behind
    /// the other, and answered in one round trip. A statement that fails makes
    /// the commit a rollback.
    pub(crate) async fn run_alone(
        mut self,
        begin: &str,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        let client = self.client()?;
        if self.prepared {
            // In the cache from here on, so that what follows is sent without a pause.
            let types: Vec<_> = parameters.iter().map(|(_, kind)| kind.clone()).collect();
            client.prepare_typed_cached(statement, &types).await.map_err(|error| self.explain(error))?;
        }
        let (begun, rows, committed) = join!(
            client.batch_execute(begin),
            statement::query(client, self.prepared, statement, parameters),
            client.batch_execute("COMMIT")
        );
        let outcome = begun.and(rows).and_then(|rows| committed.map(|()| rows));
        match outcome {
            Ok(rows) => {
                self.give_back();
                Ok(rows)
            }
            Err(error) => {
                // The transaction is over; the connection may go on unless it is what failed.
                if error.as_db_error().is_some() {
                    self.give_back();
                }
                Err(self.explain(error))
            }
        }
    }

    fn client(&self) -> Result<&Object, PostgresError> {
        self.client.as_ref().ok_or(PostgresError::Closed)
    }

    /// Gives the connection back to the pool.
    fn give_back(&mut self) {
        self.client = None;
    }

    fn explain(&self, error: tokio_postgres::Error) -> PostgresError {
        PostgresError::Server { server: self.server.clone(), error }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            // Out of the pool, and closed: the server rolls back.
            drop(Object::take(client));
        }
    }
}

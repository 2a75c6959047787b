//! Statements with typed parameters.

use crate::{Row, ToSql, Type};
use deadpool_postgres::ClientWrapper;
use std::borrow::Cow;
use tokio_postgres::{Error, Statement};

/// A parameter of a statement, with its type: with it, a statement needs no
/// round trip of its own to be understood.
pub type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// Text that the server takes: with U+FFFD for U+0000, which it refuses.
pub fn clean_text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// A statement that may be sent.
pub(crate) enum Ready<'a> {
    /// Known to the session, and kept there.
    Prepared(Statement),
    /// Sent anew each time, where the sessions of a proxy cannot keep it.
    Text(&'a str),
}

/// Prepares a statement, unless the session knows it or is not to.
pub(crate) async fn make_ready<'a>(
    client: &ClientWrapper,
    prepared: bool,
    statement: &'a str,
    parameters: &[Parameter<'_>],
) -> Result<Ready<'a>, Error> {
    if !prepared {
        return Ok(Ready::Text(statement));
    }
    let types: Vec<Type> = parameters.iter().map(|(_, kind)| kind.clone()).collect();
    client.prepare_typed_cached(statement, &types).await.map(Ready::Prepared)
}

impl Ready<'_> {
    /// Runs it, and returns its rows. The message is sent when this is first polled.
    pub(crate) async fn query(
        self,
        client: &ClientWrapper,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, Error> {
        match self {
            Self::Prepared(statement) => client.query(&statement, &values(parameters)).await,
            Self::Text(statement) => client.query_typed(statement, parameters).await,
        }
    }

    /// Runs it; how many rows it touched.
    pub(crate) async fn execute(
        self,
        client: &ClientWrapper,
        parameters: &[Parameter<'_>],
    ) -> Result<u64, Error> {
        match self {
            Self::Prepared(statement) => client.execute(&statement, &values(parameters)).await,
            Self::Text(statement) => client.execute_typed(statement, parameters).await,
        }
    }
}

fn values<'a>(parameters: &[Parameter<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    parameters.iter().map(|(value, _)| *value).collect()
}

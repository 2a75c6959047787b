//! Statements with typed parameters.

use crate::{Row, ToSql, Type};
use deadpool_postgres::ClientWrapper;
use std::borrow::Cow;
use tokio_postgres::Error;

/// A parameter of a statement, with its type: with it, a statement needs no
/// round trip of its own to be understood.
pub type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// Text that the server takes: with U+FFFD for U+0000, which it refuses.
pub fn clean_text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// Runs a statement: prepared and kept in the session, or anew each time,
/// where the sessions of a proxy cannot keep it.
pub(crate) async fn query(
    client: &ClientWrapper,
    prepared: bool,
    statement: &str,
    parameters: &[Parameter<'_>],
) -> Result<Vec<Row>, Error> {
    if !prepared {
        return client.query_typed(statement, parameters).await;
    }
    let types: Vec<Type> = parameters.iter().map(|(_, kind)| kind.clone()).collect();
    let statement = client.prepare_typed_cached(statement, &types).await?;
    let values: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|(value, _)| *value).collect();
    client.query(&statement, &values).await
}

/// Runs a statement that returns no rows; how many it touched.
pub(crate) async fn execute(
    client: &ClientWrapper,
    prepared: bool,
    statement: &str,
    parameters: &[Parameter<'_>],
) -> Result<u64, Error> {
    if !prepared {
        return client.execute_typed(statement, parameters).await;
    }
    let types: Vec<Type> = parameters.iter().map(|(_, kind)| kind.clone()).collect();
    let statement = client.prepare_typed_cached(statement, &types).await?;
    let values: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|(value, _)| *value).collect();
    client.execute(&statement, &values).await
}

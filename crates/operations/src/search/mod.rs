//! Search by words and by meaning.

use crate::{Database, DatabaseError};
use gdg_config::{Config, Environment};
use gdg_embedding::{EmbeddingError, open_embedder};
use gdg_postgres::{Transaction, Type};
use gdg_postproc::{IndexOptions, SearchIndex, VectorSet, reciprocal_rank_fusion};
use gdg_storage::{StorageError, StoredVector};
use rusqlite::{Connection, params};
use serde::Serialize;
use std::collections::HashSet;
use thiserror::Error;

/// Vectors that are read at a time.
const PAGE: u32 = 10_000;
/// How many times as many elements each ranking has as are wanted: one that is good in both may be first in neither.
const RANKED: usize = 5;
/// The constant of the fusion of rankings.
const FUSION: f32 = 60.0;

/// An element that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// The name of its document.
    pub doc_id: String,
    /// The title of its document, where it has one.
    pub title: Option<String>,
    /// The headings above it, the highest first.
    pub headings: Vec<String>,
    /// Its position in the document.
    pub position: u32,
    /// What it is.
    pub element_type: String,
    /// Its own text; of a list or table that was found by its meaning, empty.
    pub text: String,
    /// How good it is, beside the others of the same search.
    pub score: f32,
}

/// Why a search failed.
#[derive(Debug, Error)]
pub enum SearchError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The graph could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The model or its service failed.
    #[error(transparent)]
    Embedding(#[from] EmbeddingError),
}

/// An element: the number of its document, and its position.
type Place = (i64, u32);

/// The elements that fit `query` best, best first: by their words, and, where `config` embeds documents, by what they mean.
///
/// Reads all vectors of the model, and (in PostgreSQL) every element, unless there is an index as the book says.
pub async fn search(
    database: &Database,
    config: &Config,
    environment: &Environment,
    query: &str,
    limit: usize,
) -> Result<Vec<Found>, SearchError> {
    let wanted = limit.saturating_mul(RANKED).min(10_000);
    let mut rankings = vec![by_words(database, query, wanted).await?];
    if config.embedding.enabled {
        rankings.push(by_meaning(database, config, environment, query, wanted).await?);
    }
    let best = reciprocal_rank_fusion(&rankings, FUSION);
    let mut found = Vec::with_capacity(limit);
    for (place, score) in best.into_iter().take(limit) {
        found.extend(describe(database, place, score).await?);
    }
    Ok(found)
}

async fn by_words(database: &Database, query: &str, limit: usize) -> Result<Vec<Place>, SearchError> {
    let limit = limit as i64;
    match database {
        Database::Postgres(postgres) => {
            let parameters: [gdg_postgres::Parameter<'_>; 2] = [(&query, Type::TEXT), (&limit, Type::INT8)];
            let rows = postgres.query(include_str!("sql/by_words_postgres.sql"), &parameters).await;
            let rows = rows.map_err(DatabaseError::from)?;
            Ok(rows.iter().map(|row| (row.get(0), row.get::<_, i32>(1).cast_unsigned())).collect())
        }
        Database::Sqlite(connection) => {
            let words: Vec<String> = query
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_lowercase)
                .collect();
            let words = serde_json::Value::from(words).to_string();
            let read = move |connection: &mut Connection| {
                let mut statement = connection.prepare(include_str!("sql/by_words_sqlite.sql"))?;
                let rows =
                    statement.query_map(params![words, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok::<_, DatabaseError>(rows.collect::<Result<_, _>>()?)
            };
            Ok(connection.call(read).await.map_err(DatabaseError::from)?)
        }
    }
}

async fn by_meaning(
    database: &Database,
    config: &Config,
    environment: &Environment,
    query: &str,
    limit: usize,
) -> Result<Vec<Place>, SearchError> {
    let embedder = open_embedder(&config.embedding, environment).await?;
    let Some(vector) = embedder.embed(&[query]).await?.pop() else { return Ok(Vec::new()) };
    let mut set = VectorSet::new(embedder.dimensions());
    let mut after = (0, 0, 0);
    loop {
        let page = load_vectors(database, embedder.model(), after).await?;
        let Some(last) = page.last() else { break };
        after = (last.document, last.position, last.part);
        for one in &page {
            // What cannot be compared is not found.
            let _ = set.push(one.document.cast_unsigned(), one.position, one.part, &one.vector);
        }
    }
    let index = SearchIndex::build(&set, &IndexOptions::default());
    let places = index.search(&set, &vector, limit).into_iter().map(|hit| {
        let item = set.item(hit.index);
        (item.document.cast_signed(), item.position)
    });
    // Of several parts of an element the best counts.
    let mut seen = HashSet::new();
    Ok(places.filter(|place| seen.insert(*place)).collect())
}

async fn load_vectors(
    database: &Database,
    model: &str,
    after: (i64, u32, u32),
) -> Result<Vec<StoredVector>, SearchError> {
    match database {
        Database::Postgres(postgres) => {
            let transaction = postgres.begin().await.map_err(DatabaseError::from)?;
            let outcome = gdg_storage::postgres::load_vectors(&transaction, model, after, PAGE).await;
            Ok(transaction.end(outcome).await?)
        }
        Database::Sqlite(connection) => {
            let model = model.to_owned();
            let read = move |connection: &mut Connection| {
                Ok::<_, DatabaseError>(gdg_storage::sqlite::load_vectors(connection, &model, after, PAGE))
            };
            Ok(connection.call(read).await.map_err(DatabaseError::from)??)
        }
    }
}

/// What is known of an element; `None` when it has gone meanwhile.
async fn describe(
    database: &Database,
    (document, position): Place,
    score: f32,
) -> Result<Option<Found>, SearchError> {
    let found = |doc_id, title, headings: String, element_type, text| {
        let headings: Vec<String> = serde_json::from_str(&headings).unwrap_or_default();
        Found { doc_id, title, headings, position, element_type, text, score }
    };
    match database {
        Database::Postgres(postgres) => {
            let transaction: Transaction = postgres.begin().await.map_err(DatabaseError::from)?;
            let at = i32::try_from(position).unwrap_or(i32::MAX);
            let parameters: [gdg_postgres::Parameter<'_>; 2] = [(&document, Type::INT8), (&at, Type::INT4)];
            let row = transaction.query_opt(include_str!("sql/describe_postgres.sql"), &parameters).await;
            let row = transaction.end(row).await.map_err(DatabaseError::from)?;
            Ok(row.map(|row| found(row.get(0), row.get(1), row.get(2), row.get(3), row.get(4))))
        }
        Database::Sqlite(connection) => {
            let read = move |connection: &mut Connection| {
                let mut statement = connection.prepare(include_str!("sql/describe_sqlite.sql"))?;
                let mut rows = statement.query(params![document, position])?;
                let Some(row) = rows.next()? else { return Ok(None) };
                Ok::<_, DatabaseError>(Some((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                )))
            };
            let row = connection.call(read).await.map_err(DatabaseError::from)?;
            Ok(row.map(|(doc_id, title, headings, kind, text)| found(doc_id, title, headings, kind, text)))
        }
    }
}

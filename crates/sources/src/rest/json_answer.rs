//! Answers in JSON, read as they come and up to a limit.

use super::pointer::Projection;
use crate::SourceError;
use crate::blocking::on_blocking_thread;
use crate::http_client::Answer;
use bytes::{Buf, Bytes};
use futures::StreamExt;
use gdg_config::ByteSize;
use gdg_model::SourceName;
use reqwest::header::CONTENT_TYPE;
use serde::de::DeserializeSeed;
use serde_json::Value;
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Pieces that wait to be read.
const WAITING: usize = 4;

/// Reads an answer, and keeps of it what `projection` says.
pub(super) async fn read_json(
    answer: Answer,
    source_name: &SourceName,
    locator: &str,
    limit: ByteSize,
    projection: Arc<Projection>,
) -> Result<Value, SourceError> {
    let content_type = answer.response.headers().get(CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or("no type").to_owned();
    let (sender, receiver) = mpsc::channel(WAITING);
    let parse = on_blocking_thread(move || {
        let pieces = Pieces { receiver, current: Bytes::new() };
        let mut deserializer = serde_json::Deserializer::from_reader(BufReader::new(pieces));
        let value = projection.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok::<Value, serde_json::Error>(value)
    });
    let feed = async {
        let mut size = 0;
        let mut pieces = std::pin::pin!(answer.into_pieces(source_name.clone(), locator.to_owned()));
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            size += piece.len() as u64;
            if size > limit.bytes() {
                let (source_name, locator) = (source_name.clone(), locator.to_owned());
                let key = "content_sources[].max_answer_size";
                return Err(SourceError::TooLarge { source_name, locator, size, limit, key });
            }
            if sender.send(piece).await.is_err() {
                // It was found to be no JSON; the rest makes no difference.
                break;
            }
        }
        drop(sender);
        Ok(())
    };
    // Both to their ends: whoever feeds lets go of the sender, and so reading ends too.
    let (fed, value) = futures::future::join(feed, parse).await;
    fed?;
    value.map_err(|error| SourceError::Malformed {
        source_name: source_name.clone(),
        locator: locator.to_owned(),
        reason: format!("the answer ({content_type}) is no JSON as expected: {error}{}", hint(&content_type)),
    })
}

/// What an answer that is a page for people is likely to be.
fn hint(content_type: &str) -> &'static str {
    if content_type.starts_with("text/html") { "; it may be a page to log in at" } else { "" }
}

/// Pieces that come by a channel, as something to read from. Blocks.
struct Pieces {
    receiver: mpsc::Receiver<Bytes>,
    current: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.current = piece,
                None => return Ok(0),
            }
        }
        let count = self.current.len().min(buffer.len());
        self.current.copy_to_slice(buffer.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}

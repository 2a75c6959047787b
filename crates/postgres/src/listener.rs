//! Notifications.

use crate::{Backoff, Postgres, PostgresError};
use futures::future::ready;
use futures::{StreamExt, TryStreamExt, stream};
use std::pin::pin;
use std::time::SystemTime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client};

/// Notifications that wait for their reader, at most; what comes beyond is dropped, as a notification may be anyway.
const WAITING: usize = 256;

/// What a [`Listener`] tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenEvent {
    /// It listens, from now on. What was notified before may not have been heard, and if it was it comes after this.
    Listening(ListenerSession),
    /// Someone notified a channel.
    Notified {
        /// The channel.
        channel: String,
        /// What was sent along.
        payload: String,
    },
    /// The connection is lost, or could not be made. It is made again by itself; every attempt that fails is told.
    Lost,
}

/// The session by which a listener listens: as long as the server lists it, this process lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerSession {
    /// The server's process.
    pub backend_pid: i32,
    /// When it began, by the server's clock.
    pub backend_start: SystemTime,
}

/// Listens on a connection of its own, which it makes again when it is lost.
///
/// Notifications only shorten waits: one may be lost, and through a proxy that
/// pools transactions none arrives. Whoever waits for one also waits for a time.
#[derive(Debug)]
pub struct Listener {
    events: mpsc::Receiver<ListenEvent>,
    task: JoinHandle<()>,
    repeated: Option<ListenEvent>,
}

impl Listener {
    pub(crate) fn start(postgres: Postgres, channels: &'static [&'static str]) -> Self {
        let (sender, events) = mpsc::channel(WAITING);
        let task = tokio::spawn(async move {
            let mut backoff = Backoff::default();
            loop {
                match listen(&postgres, channels, &sender, &mut backoff).await {
                    Ok(()) => tracing::debug!("the connection for notifications ended"),
                    Err(error) => tracing::debug!(%error, "no connection for notifications"),
                }
                if sender.send(ListenEvent::Lost).await.is_err() {
                    return;
                }
                tokio::time::sleep(backoff.next_wait()).await;
            }
        });
        Self { events, task, repeated: None }
    }

    /// Puts an event back: it is the next one.
    pub fn repeat(&mut self, event: Option<ListenEvent>) {
        self.repeated = event;
    }

    /// The next event. Cancel-safe.
    pub async fn next(&mut self) -> ListenEvent {
        if let Some(event) = self.repeated.take() {
            return event;
        }
        match self.events.recv().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Listens until the connection ends.
async fn listen(
    postgres: &Postgres,
    channels: &[&str],
    events: &mpsc::Sender<ListenEvent>,
    backoff: &mut Backoff,
) -> Result<(), PostgresError> {
    let (client, mut connection) = postgres.connect().await?;
    // Polling the messages is what drives the connection.
    let messages = stream::poll_fn(move |context| connection.poll_message(context));
    let notified = messages.try_filter_map(|message| ready(Ok(event_of(message))));
    let mut notified = pin!(notified.map_err(|error| postgres.explain(error)));
    let mut telling = pin!(async {
        let session = start_listening(&client, channels).await.map_err(|error| postgres.explain(error))?;
        // Where nobody is there to be told, this is about to be dropped.
        let _ = events.send(ListenEvent::Listening(session)).await;
        Ok::<(), PostgresError>(())
    });
    let mut early = Vec::new();
    loop {
        tokio::select! {
            told = &mut telling => break told?,
            event = notified.next() => match event {
                Some(event) => early.push(event?),
                None => return Ok(()),
            },
        }
        early.truncate(WAITING);
    }
    backoff.reset();
    // A reader that is behind needs no more of them than it has room for.
    for event in early {
        let _ = events.try_send(event);
    }
    while let Some(event) = notified.next().await {
        let _ = events.try_send(event?);
    }
    Ok(())
}

async fn start_listening(
    client: &Client,
    channels: &[&str],
) -> Result<ListenerSession, tokio_postgres::Error> {
    // The channels are names in the code, none comes from outside.
    let statements: Vec<String> = channels.iter().map(|channel| format!("LISTEN {channel}")).collect();
    client.batch_execute(&statements.join("; ")).await?;
    let statement = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()";
    let rows = client.query_typed(statement, &[]).await?;
    let session = rows
        .first()
        .map(|row| Ok(ListenerSession { backend_pid: row.try_get(0)?, backend_start: row.try_get(1)? }));
    session.unwrap_or(Ok(ListenerSession { backend_pid: 0, backend_start: SystemTime::UNIX_EPOCH }))
}

fn event_of(message: AsyncMessage) -> Option<ListenEvent> {
    let AsyncMessage::Notification(notification) = message else { return None };
    Some(ListenEvent::Notified {
        channel: notification.channel().to_owned(),
        payload: notification.payload().to_owned(),
    })
}

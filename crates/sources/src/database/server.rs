//! Where a database is, and connections to it.

use super::mysql::MysqlSession;
use super::postgres::PostgresSession;
use super::reading::check_content;
use super::session::{Failure, Row, Session, Statement, Trouble};
use super::settings::Settings;
use super::sqlite::SqliteSession;
use super::statements::Columns;
use gdg_postgres::Postgres;
use sqlx::mysql::MySqlConnectOptions;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Time beyond what a server has for a statement, for its answer to arrive.
const GRACE: Duration = Duration::from_secs(5);

/// A database, and how long it is waited for.
pub(super) struct Server {
    pub(super) address: Address,
    /// For a statement; `None` lets it run.
    pub(super) timeout: Option<Duration>,
    pub(super) connect_timeout: Duration,
}

/// Where a database is.
pub(super) enum Address {
    Postgres { postgres: Postgres, name: String },
    Mysql { options: Box<MySqlConnectOptions>, name: String },
    Sqlite(PathBuf),
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Postgres { name, .. } | Address::Mysql { name, .. } => f.write_str(name),
            Address::Sqlite(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Options of a connection hold its password: only the name is shown.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}

impl Server {
    /// A server ends a statement itself, in time; within this process, dropping it does.
    fn limit(&self) -> Limit {
        let is_server = !matches!(self.address, Address::Sqlite(_));
        Limit { timeout: self.timeout, grace: if is_server { GRACE } else { Duration::ZERO } }
    }

    async fn session(&self) -> Result<Box<dyn Session>, Failure> {
        let connecting = async {
            Ok::<Box<dyn Session>, Failure>(match &self.address {
                Address::Postgres { postgres, .. } => {
                    Box::new(PostgresSession::connect(postgres, self.timeout).await?)
                }
                Address::Mysql { options, .. } => {
                    Box::new(MysqlSession::connect(options, self.timeout).await?)
                }
                Address::Sqlite(path) => Box::new(SqliteSession::open(path.clone(), self.timeout).await?),
            })
        };
        tokio::time::timeout(self.connect_timeout, connecting).await.map_err(|_| {
            let seconds = self.connect_timeout.as_secs_f32();
            Failure::unavailable(format!("no connection was made within {seconds} s (connect_timeout)"))
        })?
    }
}

/// A connection that knows what the configured columns hold.
pub(super) struct Connection {
    session: Box<dyn Session>,
    pub(super) columns: Columns,
    limit: Limit,
    state: State,
}

/// What can be done with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A transaction can begin.
    Free,
    /// A transaction has begun.
    Busy,
    /// Nothing: nobody waits any more for what it is at.
    Abandoned,
    /// Nothing: the server ended it, or the network did.
    Lost,
}

/// How long an answer is waited for.
#[derive(Debug, Clone, Copy)]
struct Limit {
    timeout: Option<Duration>,
    grace: Duration,
}

impl Connection {
    /// Connects, and asks what the columns hold.
    pub(super) async fn open(settings: &Settings) -> Result<Self, Failure> {
        let mut session = settings.server.session().await?;
        let limit = settings.server.limit();
        let statement = settings.statements.describe(&settings.columns);
        let types = limit
            .hold(async {
                session.begin().await?;
                let types = session.describe(&statement).await?;
                session.end().await?;
                Ok(types)
            })
            .await?;
        if let Some(content) = types.get(settings.columns.id.len()) {
            check_content(&settings.columns.content, content).map_err(Failure::unusable)?;
        }
        let columns = Columns::new(settings.statements.dialect, &settings.columns, types)
            .ok_or_else(|| Failure::unusable("the server told of other columns than it was asked for"))?;
        Ok(Self { session, columns, limit, state: State::Free })
    }

    /// Begins a transaction.
    pub(super) async fn begin(&mut self) -> Result<(), Failure> {
        self.state = State::Busy;
        let outcome = self.limit.hold(self.session.begin()).await;
        self.noting(outcome)
    }

    /// The rows of a statement within the transaction.
    pub(super) async fn rows(&mut self, statement: Statement) -> Result<Vec<Row>, Failure> {
        let outcome = self.limit.hold(self.session.rows(statement)).await;
        self.noting(outcome)
    }

    /// Ends the transaction. Where that fails, the connection is of no more use, and what was read is not the worse for it.
    pub(super) async fn end(&mut self) {
        if self.state == State::Busy {
            let outcome = self.limit.hold(self.session.end()).await;
            if self.noting(outcome).is_ok() {
                self.state = State::Free;
            }
        }
    }

    /// The rows of a statement that is a transaction of its own.
    pub(super) async fn rows_alone(&mut self, statement: Statement) -> Result<Vec<Row>, Failure> {
        self.begin().await?;
        let rows = self.rows(statement).await;
        self.end().await;
        rows
    }

    /// Whether it can be used again.
    pub(super) fn is_free(&self) -> bool {
        self.state == State::Free
    }

    /// Whether it ended for a reason that need not hold for the next one.
    pub(super) fn is_lost(&self) -> bool {
        self.state == State::Lost
    }

    fn noting<T>(&mut self, outcome: Result<T, Ended>) -> Result<T, Failure> {
        outcome.map_err(|ended| {
            match &ended {
                Ended::Late(_) => self.state = State::Abandoned,
                Ended::Failed(failure) if failure.trouble == Trouble::Lost => self.state = State::Lost,
                Ended::Failed(_) => {}
            }
            ended.into()
        })
    }
}

/// Why there is no answer.
enum Ended {
    Failed(Failure),
    Late(Duration),
}

impl From<Ended> for Failure {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Failed(failure) => failure,
            Ended::Late(timeout) => {
                let seconds = timeout.as_secs_f32();
                Self::unavailable(format!("no answer came within {seconds} s (timeout)"))
            }
        }
    }
}

impl Limit {
    /// Waits no longer than the server has time, in case it never answers.
    async fn hold<T>(self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Ended> {
        let Some(timeout) = self.timeout else { return work.await.map_err(Ended::Failed) };
        match tokio::time::timeout(timeout + self.grace, work).await {
            Ok(outcome) => outcome.map_err(Ended::Failed),
            Err(_) => Err(Ended::Late(timeout)),
        }
    }
}

//! Faults, at random moments, in an order that a seed decides.

use super::fleet::Member;
use crate::scratch::connect;
use crate::server::Server;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio_postgres::Client;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// A worker is killed, and started again.
    Kill,
    /// The leader is killed, and started again.
    KillLeader,
    /// The leader is frozen for longer than its lease, and goes on.
    FreezeLeader,
    /// A worker is frozen for longer than its claims live, and goes on.
    Freeze,
    /// A worker is asked to stop, and started again.
    Stop,
    /// A worker is cut off from the database, and joined again.
    Cut,
    /// Connections are terminated by the server.
    Terminate,
    /// The server is restarted.
    RestartServer,
    /// The server is killed, and recovers.
    KillServer,
}

const FAULTS: [Fault; 9] = [
    Fault::Kill,
    Fault::KillLeader,
    Fault::FreezeLeader,
    Fault::Freeze,
    Fault::Stop,
    Fault::Cut,
    Fault::Terminate,
    Fault::RestartServer,
    Fault::KillServer,
];

/// How long the faults last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spans {
    pub(super) lease: Duration,
    pub(super) claim: Duration,
}

/// Makes things go wrong.
pub(super) struct Chaos<'a> {
    numbers: StdRng,
    members: &'a mut [Member],
    server: &'a mut Server,
    database: url::Url,
    spans: Spans,
    done: BTreeMap<Fault, u32>,
}

impl<'a> Chaos<'a> {
    pub(super) fn new(
        seed: u64,
        members: &'a mut [Member],
        server: &'a mut Server,
        database: url::Url,
        spans: Spans,
    ) -> Self {
        let numbers = StdRng::seed_from_u64(seed);
        Self { numbers, members, server, database, spans, done: BTreeMap::new() }
    }

    /// Goes on for `duration`, and leaves every worker running and joined. Says what it did.
    pub(super) async fn run(mut self, duration: Duration) -> anyhow::Result<String> {
        let started = Instant::now();
        // Each fault once, in random order, then any of them.
        let mut coming: Vec<Fault> = FAULTS.to_vec();
        while started.elapsed() < duration {
            let pause = Duration::from_millis(self.numbers.random_range(100..1_500));
            tokio::time::sleep(pause).await;
            let fault = if coming.is_empty() {
                FAULTS[self.numbers.random_range(0..FAULTS.len())]
            } else {
                coming.remove(self.numbers.random_range(0..coming.len()))
            };
            eprintln!("{:>6.1} s  {fault:?}", started.elapsed().as_secs_f64());
            self.strike(fault).await?;
            *self.done.entry(fault).or_default() += 1;
        }
        for member in self.members.iter_mut() {
            member.signal("CONT")?;
            member.proxy.cut(false);
            member.spawn()?;
        }
        let done: Vec<String> =
            self.done.iter().map(|(fault, times)| format!("{fault:?} ×{times}")).collect();
        Ok(done.join(", "))
    }

    async fn strike(&mut self, fault: Fault) -> anyhow::Result<()> {
        match fault {
            Fault::Kill => {
                let victim = self.anyone();
                self.kill(victim).await
            }
            Fault::KillLeader => {
                let victim = self.leader().await;
                self.kill(victim).await
            }
            Fault::FreezeLeader => {
                let victim = self.leader().await;
                self.freeze(victim, self.spans.lease).await
            }
            Fault::Freeze => {
                let victim = self.anyone();
                self.freeze(victim, self.spans.claim).await
            }
            Fault::Stop => {
                let victim = self.anyone();
                let member = &mut self.members[victim];
                member.signal("TERM")?;
                member.wait(Duration::from_secs(60)).await?;
                member.spawn()
            }
            Fault::Cut => {
                let victim = self.anyone();
                self.members[victim].proxy.cut(true);
                let pause = self.spans.claim.mul_f64(self.numbers.random_range(0.3..1.5));
                tokio::time::sleep(pause).await;
                self.members[victim].proxy.cut(false);
                Ok(())
            }
            Fault::Terminate => self.terminate().await,
            Fault::RestartServer => self.server.restart(),
            Fault::KillServer => self.server.kill_and_start(),
        }
    }

    fn anyone(&mut self) -> usize {
        self.numbers.random_range(0..self.members.len())
    }

    /// The worker that leads; any, while nobody does or the server does not say.
    async fn leader(&mut self) -> usize {
        let holder = async {
            let client = connect(&self.database).await.ok()?;
            let row =
                client.query_opt("SELECT holder FROM leases WHERE expires_at > now()", &[]).await.ok()??;
            let holder: String = row.get(0);
            self.members.iter().position(|member| holder.starts_with(&member.name))
        };
        match holder.await {
            Some(leader) => leader,
            None => self.anyone(),
        }
    }

    async fn kill(&mut self, victim: usize) -> anyhow::Result<()> {
        let member = &mut self.members[victim];
        member.signal("KILL")?;
        member.wait(Duration::from_secs(10)).await?;
        tokio::time::sleep(Duration::from_millis(self.numbers.random_range(0..2_000))).await;
        self.members[victim].spawn()
    }

    async fn freeze(&mut self, victim: usize, span: Duration) -> anyhow::Result<()> {
        self.members[victim].signal("STOP")?;
        tokio::time::sleep(span.mul_f64(self.numbers.random_range(1.1..1.6))).await;
        self.members[victim].signal("CONT")
    }

    async fn terminate(&mut self) -> anyhow::Result<()> {
        let share = self.numbers.random_range(0.2..1.0);
        let statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                         WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < $1";
        // The server may be starting after another fault.
        if let Ok(client) = connect(&self.database).await {
            let _: Result<Vec<_>, _> = Client::query(&client, statement, &[&share]).await;
        }
        Ok(())
    }
}

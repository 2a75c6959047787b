//! Leadership as a lease with a fencing epoch, on `PostgreSQL`.
//!
//! Of many processes that share a database, one at a time shall do some work:
//! list sources, say, or plan what everyone does next. [`Elector`] keeps a
//! process in the race for that, [`Leadership`] is what the one that leads has
//! in hand, and [`Leadership::fence`] makes its writes safe. This crate knows
//! nothing of the work, and is useful without the rest of the project.
//!
//! # The lease
//!
//! A lease is a row: its name, who holds it, an epoch, and when it runs out.
//! The epoch names a term: it rises by one each time the lease changes hands,
//! also from one process to itself, and never falls, for the row is never
//! deleted. The database says who holds a lease, whether it can be renewed,
//! and whether it has run out; its clock is the only one that is read.
//!
//! Renewing and resigning name holder and epoch exactly, so that what comes
//! late from one term does nothing to the next. A lease that has run out is
//! not renewed even if nobody took it: it is won anew, under another epoch.
//!
//! # States
//!
//! ```text
//!                  ┌──────────────────────────────────────┐
//!      start ────▶ │               follower               │
//!                  │  waits until the lease may be free,  │
//!                  │  then campaigns                      │
//!                  └──────────┬───────────────────────────┘
//!                        won  │                  ▲  refused: somebody else leads, or the lease ran out
//!                             ▼                  │  untrusted: the last renewal is too long ago
//!                  ┌─────────────────────────────┴────────┐
//!                  │                leader                │ ────▶ resigns and stops
//!                  │  renews, and trusts each renewal     │
//!                  │  for a limited time                  │
//!                  └──────────────────────────────────────┘
//! ```
//!
//! # How long a leader trusts itself
//!
//! ```text
//! trusted until = start of the last successful attempt + TTL − margin
//! ```
//!
//! That is by the process's own monotonic clock. The lease that an attempt
//! gave cannot end before the start of the attempt + TTL, however slow the
//! answer was, so a leader stops at least a margin before anybody else can
//! start. When the time is over it steps down by itself, whether the database
//! can be reached or not: the [token](Leadership::token) of its term is
//! cancelled, and the elector says that nobody leads. Attempts that fail are
//! repeated within that time, each given up early enough for another.
//!
//! [`Leadership::is_trusted`] compares the clock each time it is asked. A
//! process that was stopped knows better the moment it goes on, whichever of
//! its tasks runs first.
//!
//! # The fence
//!
//! Trust is for stopping early. It cannot make a write safe: a process may be
//! stopped between asking the clock and writing. So every transaction of a
//! leader begins with the fence, which locks the row of the lease `FOR KEY
//! SHARE` if, and only if, holder and epoch are still the same:
//!
//! - If another process has won the lease, the fence refuses and the
//!   transaction is rolled back.
//! - If it passes, nobody can win the lease until the transaction ends. What
//!   it writes is written before the next term begins.
//!
//! The primary key of the table is the name, and `(name, epoch)` is unique,
//! which looks redundant. It makes the epoch part of a key. Changing a key
//! takes the lock `FOR UPDATE`, which waits for `FOR KEY SHARE`; changing
//! anything else takes `FOR NO KEY UPDATE`, which does not. So a change of
//! hands waits for the leader's open writes, and its own renewals never do.
//!
//! The fence costs one more round trip a transaction, on a row that is in
//! memory, and a lock in that row. Any number of the leader's transactions hold
//! it together. A leader's transaction that stays open keeps everyone from
//! taking over for as long, so it should be short; one whose process is frozen
//! is ended by the server (`idle_in_transaction_session_timeout`, which
//! [`gdg_postgres`] sets to ten seconds in each of its transactions). A
//! campaign does not wait for it, but is told that the lease is still held and
//! comes back.
//!
//! # Who waits for what
//!
//! Whatever happens to a lease is notified on [`CHANNEL`], in the transaction
//! that does it. The elector opens no listener: a process has one, and passes
//! on what it hears ([`Elector::ear`]).
//!
//! A follower that hears a renewal knows that the lease lives for another TTL,
//! and needs no statement: it sleeps until that time has passed without
//! another renewal. A resignation wakes it at once. In both cases it waits up
//! to 0.3 s longer, a random time, so that not everyone comes at once: the
//! first one's notice puts the others back to sleep.
//!
//! Notices only save statements and time. A follower that has asked, and has
//! heard nothing since, asks again after the interval of renewals or when the
//! lease runs out, whichever is first. That is how it starts, how it goes on
//! when the listener's connection is lost, and what it comes to when a proxy
//! swallows notifications: it wakes at the end of the lease it knew of, finds
//! it renewed, and polls. When the listener listens again, it asks at once what
//! it missed.
//!
//! A leader does not believe what it hears. A notice of a later epoch makes it
//! renew at once, and the database says whether it still leads.
//!
//! # What can happen
//!
//! - **The leader resigns** ([`Elector::resign_and_stop`]): another leads
//!   within a second; without notices, within the interval of renewals.
//! - **The leader crashes**: its lease runs out, and another leads within the
//!   TTL and a second. If it crashed within a write, the server notices the
//!   broken connection and rolls back.
//! - **The leader is paused** (a stopped process, a long collection of
//!   garbage, a machine without CPU): if it goes on after its trust has run
//!   out, it steps down before it does anything else. What it was about to
//!   write is refused by the fence if somebody else leads by then.
//! - **The machine sleeps, or a virtual one is stopped and resumed**: its
//!   monotonic clock may have stood still, and the leader trusts itself too
//!   long. Then two processes believe that they lead.
//! - **Two processes believe that they lead**: only one epoch is in the
//!   database, and only the writes of that one pass the fence. What a leader
//!   does outside the database (read a source, keep the CPU warm) is done
//!   twice for a while.
//! - **The leader is cut off from the database**: it steps down a margin
//!   before its lease ends, and another, on the other side, takes over.
//! - **The database restarts**: leases are rows and survive. If it is away for
//!   less than the trust lasts, the leader goes on leading. Otherwise it steps
//!   down, nobody leads, and the first campaign after that wins.
//! - **The database fails over to a standby that lacks the last commits**: an
//!   epoch may be given twice, to different holders. The fence compares both.
//! - **Clocks differ or jump**: no process reads its wall clock, and none
//!   compares its clock with another's. Only durations are measured. A jump of
//!   the database's clock ends a lease early or late; the fence holds.
//! - **An answer is lost**: a campaign may have won a lease that its process
//!   knows nothing of. Nobody leads until it runs out. A lost renewal is
//!   repeated.
//! - **The schema is missing, or the role may not write**: an error is logged
//!   once, in words; the elector goes on trying, and leads when it is mended.
//! - **All connections of the pool are busy**: an attempt waits in line like
//!   everybody else, and a leader that waits too long steps down. A pool of
//!   its own, of one connection, keeps an elector out of that line.
//!
//! # The table
//!
//! The project's migrations have it; for use alone:
//!
//! ```sql
//! CREATE TABLE leases (
//!     name        text        PRIMARY KEY,
//!     holder      text        NOT NULL,
//!     epoch       bigint      NOT NULL,
//!     acquired_at timestamptz NOT NULL,
//!     renewed_at  timestamptz NOT NULL,
//!     expires_at  timestamptz NOT NULL,
//!     UNIQUE (name, epoch)
//! );
//! ```
//!
//! # Use
//!
//! ```no_run
//! use gdg_election::{Elector, LeaseName, LeaseTerms};
//! # use gdg_postgres::Postgres;
//!
//! # async fn example(postgres: Postgres) -> Result<(), Box<dyn std::error::Error>> {
//! let (name, holder) = (LeaseName::new("leader")?, "host-1/4711/8f2a".to_owned());
//! let elector = Elector::start(postgres.clone(), name, holder, LeaseTerms::default());
//!
//! let term = elector.wait_to_lead().await;
//! while term.is_trusted() {
//!     let transaction = postgres.begin().await?;
//!     if !term.fence(&transaction).await? {
//!         transaction.rollback().await?;
//!         break;
//!     }
//!     transaction.execute("INSERT INTO work DEFAULT VALUES", &[]).await?;
//!     transaction.commit().await?;
//! }
//! elector.resign_and_stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! `examples/leader.rs` is a whole program.

mod elector;
mod leadership;
mod lease;
mod notice;
mod run;
mod state;
mod store;
mod trouble;

pub use elector::{Ear, Elector, Resignation};
pub use leadership::Leadership;
pub use lease::{Epoch, InvalidLeaseName, LeaseName, LeaseTerms};
pub use notice::{CHANNEL, LeaseEvent, LeaseNotice};
pub use store::{Campaign, LeaseStore, fence};

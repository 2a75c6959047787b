//! A history in which everything happens that may.

use super::recorder::{Outcome, Recorder};

/// Stored at the first attempt.
pub(super) const PLAIN: &str = "docs:a/plain.md";
/// Released, reclaimed twice, retried twice, then stored.
pub(super) const TROUBLED: &str = "docs:a/troubled.md";
/// Claimed, and found unchanged.
pub(super) const TOUCHED: &str = "docs:touched.md";
/// Passed over for want of a parser.
pub(super) const SKIPPED: &str = "docs:skipped.bin";
/// Found unchanged by the listing.
pub(super) const UNCHANGED: &str = "docs:unchanged.md";
/// Given up at the first attempt.
pub(super) const DAMAGED: &str = "mail:damaged.eml";
/// Given up after all retries.
pub(super) const FAILING: &str = "mail:failing.eml";
/// Given up after all workers that may die with it.
pub(super) const DEADLY: &str = "mail:deadly.eml";

/// Two sources, four epochs of three leaders, and documents of every fate.
pub(super) fn sample() -> Recorder {
    let mut history = Recorder::default();
    history.begin_run("run-1");
    history.elect("worker-1");
    history.discover("docs", "a/plain.md", &[PLAIN], &[]);
    history.claim(PLAIN, "worker-2");
    history.discover("docs", "a/troubled.md", &[TROUBLED], &[]);
    history.elect("worker-2");
    history.discover("docs", "a", &[], &[]);
    history.discover("docs", "unchanged.md", &[SKIPPED, TOUCHED], &[UNCHANGED]);
    history.finish_listing("docs");
    history.resign();
    suffer_troubles(&mut history);
    history.elect("worker-2");
    history.discover("mail", "failing.eml", &[DAMAGED, DEADLY, FAILING], &[]);
    give_up(&mut history);
    history.elect("worker-3");
    history.together(|history| {
        history.claim(TOUCHED, "worker-1");
        history.claim(SKIPPED, "worker-1");
    });
    history.together(|history| {
        history.complete(TOUCHED, Outcome::Unchanged);
        history.complete(SKIPPED, Outcome::Skipped);
        history.complete(PLAIN, Outcome::Stored);
    });
    history.finish_listing("mail");
    history.end_run();
    history
}

fn suffer_troubles(history: &mut Recorder) {
    history.claim(TROUBLED, "worker-1");
    history.release(TROUBLED);
    history.claim(TROUBLED, "worker-1");
    history.reclaim(TROUBLED);
    history.claim(TROUBLED, "worker-3");
    history.refuse(TROUBLED);
    history.reclaim(TROUBLED);
    for _ in 0..2 {
        history.claim(TROUBLED, "worker-1");
        history.retry(TROUBLED);
        history.promote(TROUBLED);
    }
    history.claim(TROUBLED, "worker-2");
    history.complete(TROUBLED, Outcome::Stored);
}

fn give_up(history: &mut Recorder) {
    history.claim(DAMAGED, "worker-1");
    history.bury(DAMAGED);
    for _ in 0..3 {
        history.claim(FAILING, "worker-1");
        history.retry(FAILING);
        history.promote(FAILING);
    }
    history.claim(FAILING, "worker-2");
    history.bury(FAILING);
    for _ in 0..9 {
        history.claim(DEADLY, "worker-3");
        history.reclaim(DEADLY);
    }
    history.claim(DEADLY, "worker-3");
    history.bury(DEADLY);
}

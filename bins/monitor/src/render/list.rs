//! The latest runs.

use super::state;
use crate::layout::{Painter, Side, Table, Tone, plain};
use gdg_operations::overview::{RunSummary, Timestamp};
use gdg_operations::units::{age, percent, thousands};

/// The runs, a line each; `now` is the database's clock.
pub(crate) fn list(runs: &[RunSummary], now: Timestamp, painter: Painter) -> String {
    if runs.is_empty() {
        return "there are no runs yet\n".into();
    }
    let columns = [
        ("RUN", Side::Left),
        ("STATE", Side::Left),
        ("STARTED", Side::Right),
        ("TOOK", Side::Right),
        ("DONE", Side::Right),
        ("DOCUMENTS", Side::Right),
        ("FAILED", Side::Right),
    ];
    let mut table = Table::new(&columns, 0);
    for run in runs {
        let (state, tone) = state(run);
        let failed = run.documents.failed;
        let done = if run.found() == 0 {
            "–".into()
        } else {
            percent(run.documents.total() as f64 / run.found() as f64)
        };
        table.row([
            plain(&*run.run_id),
            (state.to_owned(), tone),
            plain(format!("{} ago", age(now.seconds_since(run.started_at)))),
            plain(age(run.duration_seconds)),
            plain(done),
            plain(thousands(run.found())),
            (thousands(failed), if failed > 0 { Tone::Bad } else { Tone::Plain }),
        ]);
    }
    table.render(painter)
}

//! What a run came to, as text for people.

use crate::units::{bytes, counted, span, thousands};
use gdg_pipeline::RunSummary;
use std::fmt::Write as _;

/// Failures and problems that are shown; a run may have very many of them.
const SHOWN: usize = 20;

/// The summary, to be printed on standard output.
pub(crate) fn summary_text(summary: &RunSummary, database: &str) -> String {
    let mut text = String::new();
    // Writing to a string does not fail, here and below.
    let _ = write_summary(&mut text, summary, database);
    text
}

fn write_summary(text: &mut String, summary: &RunSummary, database: &str) -> std::fmt::Result {
    let how = if summary.interrupted { "stopped" } else { summary.status.as_str() };
    let resumed = if summary.resumed { ", resumed" } else { "" };
    writeln!(text, "run {} {how} in {}{resumed}", summary.run_id, span(summary.elapsed))?;
    writeln!(text)?;
    write_table(text, summary)?;
    let total = summary.counters.total();
    writeln!(text)?;
    writeln!(
        text,
        "relationships  {} structural, {} explicit",
        thousands(total.structural_relationships),
        thousands(total.explicit_relationships)
    )?;
    write_meaning(text, summary)?;
    writeln!(
        text,
        "processed      {} at {} a second",
        counted(summary.processed_here, "document"),
        thousands(summary.rate().round() as u64)
    )?;
    writeln!(text, "database       {database}")?;
    write_unchanged(text, summary)?;
    write_vanished(text, summary)?;
    write_failures(text, summary)?;
    write_listing_problems(text, summary)?;
    if summary.interrupted {
        let left = counted(summary.remaining, "document");
        writeln!(text, "\nstopped with {left} in the queue; run again to go on from here")?;
    }
    Ok(())
}

fn write_meaning(text: &mut String, summary: &RunSummary) -> std::fmt::Result {
    let meaning = &summary.meaning;
    if meaning.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "by likeness    {} within documents, {} across, {}",
        thousands(meaning.semantic_relationships),
        thousands(meaning.cross_document_relationships),
        counted(meaning.duplicates, "duplicate"),
    )?;
    writeln!(text, "vectors        {}", thousands(meaning.vectors))
}

fn write_table(text: &mut String, summary: &RunSummary) -> std::fmt::Result {
    writeln!(
        text,
        "{:<10} {:<10} {:>12} {:>13} {:>12}",
        "outcome", "format", "documents", "elements", "size"
    )?;
    for ((outcome, format), tally) in summary.by_outcome_and_format() {
        write_row(text, [outcome.as_str(), &format], tally.documents, tally.elements, tally.bytes)?;
    }
    let total = summary.counters.total();
    write_row(text, ["total", ""], total.documents, total.elements, total.bytes)
}

fn write_row(
    text: &mut String,
    names: [&str; 2],
    documents: u64,
    elements: u64,
    size: u64,
) -> std::fmt::Result {
    let [outcome, format] = names;
    let (documents, elements, size) = (thousands(documents), thousands(elements), bytes(size));
    writeln!(text, "{outcome:<10} {format:<10} {documents:>12} {elements:>13} {size:>12}")
}

fn write_unchanged(text: &mut String, summary: &RunSummary) -> std::fmt::Result {
    match summary.counters.of_outcome(gdg_pipeline::Outcome::Unchanged).documents {
        0 => Ok(()),
        1 => writeln!(text, "\n1 document is as it was and was not parsed again"),
        unchanged => {
            writeln!(text, "\n{} documents are as they were and were not parsed again", thousands(unchanged))
        }
    }
}

fn write_vanished(text: &mut String, summary: &RunSummary) -> std::fmt::Result {
    match summary.vanished {
        0 => {}
        1 => writeln!(text, "\n1 document is no longer in its source and was removed")?,
        vanished => {
            writeln!(
                text,
                "\n{} documents are no longer in their sources and were removed",
                thousands(vanished)
            )?;
        }
    }
    for alert in &summary.alerts {
        writeln!(text, "\nalert: {}", alert.message)?;
    }
    Ok(())
}

fn write_failures(text: &mut String, summary: &RunSummary) -> std::fmt::Result {
    if summary.failures.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n{} failed:", counted(summary.failed(), "document"))?;
    for failure in summary.failures.iter().take(SHOWN) {
        writeln!(text, "  {}", failure.doc_id)?;
        let retries = if failure.retry_count > 0 {
            format!(" (retried {})", times(failure.retry_count))
        } else {
            String::new()
        };
        writeln!(text, "    {}{retries}: {}", failure.class, failure.message)?;
    }
    write_rest(text, summary.failed().saturating_sub(SHOWN as u64), "SELECT * FROM dead_letter_queue")
}

fn write_listing_problems(text: &mut String, summary: &RunSummary) -> std::fmt::Result {
    if summary.listing_problems.is_empty() {
        return Ok(());
    }
    writeln!(text, "\nnot listed, because it could not be read:")?;
    for (_, message) in summary.listing_problems.iter().take(SHOWN) {
        writeln!(text, "  {message}")?;
    }
    let rest = summary.listing_problems.len().saturating_sub(SHOWN) as u64;
    write_rest(text, rest, "SELECT * FROM discovery_problems")
}

fn write_rest(text: &mut String, rest: u64, query: &str) -> std::fmt::Result {
    if rest > 0 { writeln!(text, "  and {} more: {query}", thousands(rest)) } else { Ok(()) }
}

fn times(count: u32) -> String {
    if count == 1 { "once".into() } else { format!("{count} times") }
}

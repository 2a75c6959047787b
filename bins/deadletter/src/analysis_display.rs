//! What dead letters have in common, as text for people.

use crate::layout::{shortened_front, table, table_text, told};
use crate::units::{age, counted, percent, thousands};
use gdg_operations::dead_letters::{Analysis, Group, Share, Timestamp};

/// Shares that are shown along one dimension.
const SHOWN: usize = 8;

/// The analysis; with `bold`, headings stand out.
pub(crate) fn analysis_text(analysis: &Analysis, now: Timestamp, bold: bool) -> String {
    let heading = |text: &str| if bold { format!("\x1b[1m{text}\x1b[0m\n") } else { format!("{text}\n") };
    let mut text = heading(&format!(
        "{} in {}",
        counted(analysis.total, "dead letter"),
        counted(analysis.groups.len() as u64, "group")
    ));
    for group in &analysis.groups {
        text.push('\n');
        text.push_str(&group_text(group, now));
    }
    for (title, shares) in [
        ("BY CLASS", &analysis.classes),
        ("BY SOURCE", &analysis.sources),
        ("BY FORMAT", &analysis.formats),
        ("BY WORKER", &analysis.workers),
        ("BY HOUR (UTC)", &analysis.hours),
    ] {
        text.push('\n');
        text.push_str(&shares_text(title, shares, now));
    }
    text
}

fn group_text(group: &Group, now: Timestamp) -> String {
    let head = format!("{:>8}  {:>4}  {}", thousands(group.count), percent(group.share), group.class);
    let mut text = format!("{head}  {}\n", group.fingerprint);
    let mut tell = |name: &str, what: &str| text.push_str(&told(name, what));
    tell("error", &group.pattern);
    let (first, last) = (age(now.since(group.first_seen)), age(now.since(group.last_seen)));
    tell("seen", &format!("first {first} ago, last {last} ago"));
    tell("example", &format!("{}  {}", group.example.dead_letter_id, group.example.doc_id));
    tell("retry", group.advice.retry.as_str());
    tell("fix", &group.advice.fix);
    if let Some(key) = &group.advice.key {
        tell("key", key);
    }
    text
}

fn shares_text(title: &str, shares: &[Share], now: Timestamp) -> String {
    let mut rows = table(&[title, "LETTERS", "SHARE", "FIRST", "LAST"], &[1, 2, 3, 4]);
    for share in shares.iter().take(SHOWN) {
        rows.add_row([
            format!("{:<36}", shortened_front(&share.name, 36)),
            thousands(share.count),
            percent(share.share),
            format!("{} ago", age(now.since(share.first_seen))),
            format!("{} ago", age(now.since(share.last_seen))),
        ]);
    }
    let hidden = shares.len().saturating_sub(SHOWN);
    let more = if hidden > 0 { format!("… and {hidden} more (--json)\n") } else { String::new() };
    table_text(&rows, 0) + &more
}

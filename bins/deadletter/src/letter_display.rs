//! Dead letters, as text for people.

use crate::layout::{WIDTH, shortened, shortened_front, table, table_text, told, wrapped};
use crate::units::{age, bytes, took};
use gdg_operations::dead_letters::{Letter, Listing, Timestamp};

/// Characters of a document's name in a list.
const NAME_WIDTH: usize = 26;

/// Characters of a worker's name behind an attempt.
const WORKER_WIDTH: usize = 26;

/// A line a letter.
pub(crate) fn list_text(listing: &Listing, now: Timestamp) -> String {
    let mut rows = table(&["ID", "AGE", "CLASS", "DOCUMENT", "ERROR"], &[0, 1]);
    let ids = listing.dead_letters.iter().map(|letter| letter.dead_letter_id.to_string());
    let id_width = ids.map(|id| id.len()).max().unwrap_or(0).max(2);
    // The class has 9 characters, an age 6, and two blanks are between columns.
    let error_width = WIDTH - id_width - 6 - 9 - NAME_WIDTH - 4 * 2;
    for letter in &listing.dead_letters {
        rows.add_row([
            letter.dead_letter_id.to_string(),
            age(now.since(letter.died_at)),
            letter.error_class.to_string(),
            shortened_front(&letter.doc_id, NAME_WIDTH),
            shortened(essence(&letter.error_message), error_width),
        ]);
    }
    table_text(&rows, 0) + &more(listing)
}

/// All that is known of each letter.
pub(crate) fn details_text(listing: &Listing, now: Timestamp) -> String {
    let letters: Vec<String> = listing.dead_letters.iter().map(|letter| letter_text(letter, now)).collect();
    letters.join("\n") + &more(listing)
}

fn more(listing: &Listing) -> String {
    listing.next_after.map_or_else(String::new, |after| format!("\nthere are more: --after {after}\n"))
}

/// All that is known of a letter.
pub(crate) fn letter_text(letter: &Letter, now: Timestamp) -> String {
    let mut text = format!("{}\n", wrapped(&format!("{}  {}", letter.dead_letter_id, letter.doc_id), 2));
    let mut tell = |name: &str, what: &str| text.push_str(&told(name, what));
    tell("class", &format!("{}, given up {} ago", letter.error_class, age(now.since(letter.died_at))));
    tell("error", &letter.error_message);
    tell("location", &format!("{} (source {})", letter.locator, letter.source_name));
    let size = letter.size_bytes.map(|size| format!(", {}", bytes(size.max(0).cast_unsigned())));
    let kind = letter.media_type.unwrap_or("of an unknown type");
    tell("content", &format!("{kind}{}", size.unwrap_or_default()));
    tell("run", letter.run_id.as_str());
    if letter.revived_count > 0 {
        tell("put back", &format!("{}×", letter.revived_count));
    }
    tell("similar", &format!("--fingerprint {}", letter.fingerprint));
    text + &attempts_text(letter)
}

/// A line an attempt, and below it why it failed, where that is not what the letter says.
fn attempts_text(letter: &Letter) -> String {
    let mut rows = table(&["ATTEMPT", "STARTED (UTC)", "TOOK", "FAILURE", "WORKER"], &[0, 2]);
    for attempt in &letter.attempts {
        let started = attempt.started_at.to_string();
        rows.add_row([
            attempt.attempt.to_string(),
            started.get(..19).unwrap_or(&started).replace('T', " "),
            took(attempt.ended_at.since(attempt.started_at)),
            attempt.error_class.to_string(),
            shortened(&attempt.worker_id, WORKER_WIDTH),
        ]);
    }
    let rows = table_text(&rows, 2);
    let mut lines = rows.lines();
    let mut text = match lines.next() {
        Some(header) if !letter.attempts.is_empty() => format!("{header}\n"),
        _ => return String::new(),
    };
    for (line, attempt) in lines.zip(&letter.attempts) {
        text = text + line + "\n";
        if attempt.error_message != letter.error_message {
            text.push_str(&told("", &attempt.error_message));
        }
    }
    text
}

/// The message without the names of the source and the document, which stand beside it.
pub(crate) fn essence(message: &str) -> &str {
    let without_names = || {
        let (_, after_source) = message.strip_prefix("source `")?.split_once("`: ")?;
        let (_, rest) = after_source.strip_prefix('`')?.split_once("` ")?;
        Some(rest)
    };
    without_names().unwrap_or(message)
}

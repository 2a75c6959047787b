//! Text that fits a terminal of 80 columns.

use comfy_table::{CellAlignment, Table, presets};
use std::io::{self, Write};

/// Columns that output fits into.
pub(crate) const WIDTH: usize = 80;

/// A table without lines, whose columns `right` are aligned to the right.
pub(crate) fn table(header: &[&str], right: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.to_vec());
    for (index, column) in table.column_iter_mut().enumerate() {
        let first = u16::from(index > 0) * 2;
        column.set_padding((first, 0));
        if right.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The table's text, without blanks at the ends of lines.
pub(crate) fn table_text(table: &Table, indent: usize) -> String {
    let lines = table.lines().map(|line| format!("{:indent$}{}\n", "", line.trim_end()));
    lines.collect()
}

/// `text` in one line of at most `width` characters, with an ellipsis where its end is left out.
pub(crate) fn shortened(text: &str, width: usize) -> String {
    let line: String =
        text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    if line.chars().count() <= width {
        return line;
    }
    let kept: String = line.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// `text` in one line of at most `width` characters, with an ellipsis where its beginning is left out: the end of a
/// path tells most.
pub(crate) fn shortened_front(text: &str, width: usize) -> String {
    let line: String =
        text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    let length = line.chars().count();
    if length <= width {
        return line;
    }
    let kept: String = line.chars().skip(length - width.saturating_sub(1)).collect();
    format!("…{kept}")
}

/// `text` broken between words, each line but the first behind `indent` blanks.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    let width = WIDTH - indent;
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut rest: String = word.chars().filter(|character| !character.is_control()).collect();
        loop {
            let used = lines.last().map_or(0, |line| line.chars().count());
            let gap = usize::from(used > 0);
            if used + gap + rest.chars().count() <= width {
                if let Some(line) = lines.last_mut() {
                    line.push_str(if gap > 0 { " " } else { "" });
                    line.push_str(&rest);
                }
                break;
            }
            if used > 0 {
                lines.push(String::new());
                continue;
            }
            // A word that is longer than a line is broken.
            let head: String = rest.chars().take(width).collect();
            rest = rest.chars().skip(width).collect();
            if let Some(line) = lines.last_mut() {
                *line = head;
            }
            lines.push(String::new());
        }
    }
    lines.join(&format!("\n{:indent$}", ""))
}

/// Blanks before what is told of something.
const INDENT: usize = 11;

/// What is told of something, behind its name.
pub(crate) fn told(name: &str, what: &str) -> String {
    format!("  {name:<9}{}\n", wrapped(what, INDENT))
}

/// Writes to standard output; a reader that has gone away (`| head`) is no failure.
pub(crate) fn print_bytes(bytes: &[u8]) -> io::Result<()> {
    match io::stdout().lock().write_all(bytes) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_shortened_where_it_tells_least() {
        assert_eq!(shortened("a\nlong text", 7), "a long…");
        assert_eq!(shortened_front("docs:a/b/c.md", 7), "…b/c.md");
        assert_eq!(shortened("short", 7), "short");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let text = format!("one two {} three", "x".repeat(200));
        for line in wrapped(&text, 10).lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }
}

//! Text in columns, in lines of a given width, with or without colours.

use std::fmt::Write as _;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The width that everything fits into.
pub(crate) const WIDTH: usize = 80;

/// How a piece of text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Heading,
    Faint,
    Good,
    Warning,
    Bad,
}

/// Puts colours on text, or leaves it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Painter {
    pub(crate) colours: bool,
}

impl Painter {
    /// `text` in the colour of `tone`.
    pub(crate) fn paint(self, text: &str, tone: Tone) -> String {
        let code = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Heading => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Warning => "33",
            Tone::Bad => "31",
        };
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// `text` on one line of `width` columns at most; what is cut off leaves `…`. Nothing of it steers a terminal.
pub(crate) fn fit(text: &str, width: usize) -> String {
    let clean: String =
        text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    if clean.width() <= width {
        return clean;
    }
    let (mut kept, mut taken) = (String::new(), 0);
    for character in clean.chars() {
        let columns = character.width().unwrap_or(0);
        if taken + columns + 1 > width {
            break;
        }
        kept.push(character);
        taken += columns;
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}

/// On which side of its column a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// A table whose columns are as wide as they need to be.
pub(crate) struct Table {
    columns: Vec<(&'static str, Side)>,
    rows: Vec<Vec<(String, Tone)>>,
    /// The column that gives way where a line would be too wide.
    yielding: usize,
}

impl Table {
    /// A table with these columns, of which the one at `yielding` is cut where a line would be too wide.
    pub(crate) fn new(columns: &[(&'static str, Side)], yielding: usize) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new(), yielding }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = (String, Tone)>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table, a line a row, below its headings.
    pub(crate) fn render(&self, painter: Painter) -> String {
        let widths = self.widths();
        let mut text = String::new();
        let headings: Vec<(String, Tone)> =
            self.columns.iter().map(|(name, _)| ((*name).to_owned(), Tone::Heading)).collect();
        for row in [headings].iter().chain(&self.rows) {
            let mut line = String::new();
            for (index, ((cell, tone), (_, side))) in row.iter().zip(&self.columns).enumerate() {
                let cell = fit(cell, widths[index]);
                let space = " ".repeat(widths[index].saturating_sub(cell.width()));
                let cell = painter.paint(&cell, *tone);
                let gap = if index == 0 { "" } else { "  " };
                let _ = match side {
                    Side::Left => write!(line, "{gap}{cell}{space}"),
                    Side::Right => write!(line, "{gap}{space}{cell}"),
                };
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn widths(&self) -> Vec<usize> {
        let widest = |index: usize| {
            self.rows.iter().filter_map(move |row| row.get(index)).map(|(cell, _)| cell.width()).max()
        };
        let mut widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, (name, _))| name.width().max(widest(index).unwrap_or(0)))
            .collect();
        let total: usize = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        if let Some(width) = widths.get_mut(self.yielding) {
            *width = width.saturating_sub(total.saturating_sub(WIDTH)).max(8);
        }
        widths
    }
}

/// A cell without a colour.
pub(crate) fn plain(text: impl Into<String>) -> (String, Tone) {
    (text.into(), Tone::Plain)
}

/// A bar of `width` columns of which `part`, from 0 to 1, is full.
pub(crate) fn bar(part: f64, width: usize) -> String {
    let full = ((part.clamp(0.0, 1.0) * width as f64).floor() as usize).min(width);
    format!("{}{}", "█".repeat(full), "░".repeat(width - full))
}

/// `text` in lines of `width` columns at most, each begun by `indent`; words are not cut.
pub(crate) fn wrap(text: &str, indent: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut line = indent.to_owned();
    for word in text.split_whitespace() {
        let is_first = line.len() == indent.len();
        if !is_first && line.width() + 1 + word.width() > width {
            let _ = writeln!(lines, "{line}");
            indent.clone_into(&mut line);
        }
        if line.len() > indent.len() {
            line.push(' ');
        }
        line.push_str(&fit(word, width.saturating_sub(indent.len())));
    }
    let _ = writeln!(lines, "{line}");
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Painter = Painter { colours: false };

    #[test]
    fn text_is_cut_by_the_columns_it_takes() {
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("漢字漢字", 5), "漢字…");
        assert_eq!(fit("a\u{1b}[2Jb", 20), "a [2Jb");
    }

    #[test]
    fn a_table_fits_whatever_it_holds() {
        let mut table = Table::new(&[("DOCUMENT", Side::Left), ("SIZE", Side::Right)], 0);
        table.row([plain("long/".repeat(40)), plain("1.4 MiB")]);
        table.row([plain("short"), plain("1 B")]);
        let text = table.render(BARE);
        assert!(text.lines().all(|line| line.width() <= WIDTH), "{text}");
        assert!(text.ends_with("    1 B\n"), "{text}");
    }

    #[test]
    fn words_are_wrapped_whole() {
        assert_eq!(wrap("see the logs of that worker", "  ", 14), "  see the logs\n  of that\n  worker\n");
    }

    #[test]
    fn a_bar_is_full_only_when_nothing_is_missing() {
        assert_eq!(bar(0.999, 4), "███░");
        assert_eq!(bar(1.0, 4), "████");
    }
}

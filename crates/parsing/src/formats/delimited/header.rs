//! Whether the first row names the columns.

use csv::StringRecord;
use std::collections::HashSet;

/// Bytes of a column's name that its cells repeat; a longer one is prose, not a name.
const MAX_NAME: usize = 200;

/// The columns' names, if the first of `rows` is a header: there are rows below it, all its cells are filled (the
/// first may be empty, above row labels), no two are equal, none is a number other than a year, and none recurs in
/// its column, nor a year above years.
pub(super) fn names(rows: &[StringRecord]) -> Option<Vec<String>> {
    let (first, below) = rows.split_first()?;
    let cells: Vec<&str> = first.iter().map(str::trim).collect();
    let distinct: HashSet<&str> = cells.iter().copied().collect();
    let all_filled = cells.iter().skip(1).all(|cell| !cell.is_empty()) && cells != [""];
    if below.is_empty() || distinct.len() < cells.len() || !all_filled {
        return None;
    }
    let all_name_columns = cells.iter().enumerate().all(|(column, cell)| {
        let in_column = || below.iter().filter_map(|row| row.get(column)).map(str::trim);
        if is_year(cell) {
            !in_column().any(is_year)
        } else {
            !is_number_or_date(cell) && (cell.is_empty() || !in_column().any(|value| value == *cell))
        }
    });
    let name = |cell: &str| if cell.len() > MAX_NAME { String::new() } else { cell.to_owned() };
    all_name_columns.then(|| cells.into_iter().map(name).collect())
}

fn is_year(cell: &str) -> bool {
    cell.len() == 4 && cell.parse().is_ok_and(|year: u32| (1800..2200).contains(&year))
}

/// Whether a cell consists of digits and what stands between them in numbers, dates and times.
fn is_number_or_date(cell: &str) -> bool {
    let number = cell.strip_suffix('%').unwrap_or(cell);
    number.parse::<f64>().is_ok()
        || number.contains(|c: char| c.is_ascii_digit())
            && number.chars().all(|c| c.is_ascii_digit() || " +-.,:/TZ".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_header(rows: &[&[&str]]) -> bool {
        let rows: Vec<StringRecord> = rows.iter().map(|row| row.iter().collect()).collect();
        names(&rows).is_some()
    }

    #[test]
    fn a_header_names_columns_that_hold_something_else() {
        assert!(has_header(&[&["station", "level"], &["north", "1.2"]]));
        assert!(has_header(&[&["", "2019", "2020"], &["north", "1.2", "1.3"]]));
        assert!(has_header(&[&["name", "city"], &["Ada", "London"]]));
    }

    #[test]
    fn a_row_of_data_is_no_header() {
        assert!(!has_header(&[&["north", "1.2"], &["south", "1.3"]]), "a number");
        assert!(!has_header(&[&["north", "2026-01-02"], &["south", "x"]]), "a date");
        assert!(!has_header(&[&["yes", "low"], &["no", "low"]]), "a value that recurs");
        assert!(!has_header(&[&["a", "a"], &["b", "c"]]), "equal cells");
        assert!(!has_header(&[&["a", ""], &["b", "c"]]), "an empty cell");
        assert!(!has_header(&[&["x", "2019"], &["y", "2020"]]), "a year above years");
        assert!(!has_header(&[&["alone", "here"]]), "nothing below");
    }
}

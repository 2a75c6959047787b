//! A table as it is read: its rows, and which columns its cells stand in.

/// An open table.
#[derive(Debug)]
pub(super) struct Table {
    position: u32,
    is_in_head: bool,
    row: Option<Row>,
    grid: Grid,
}

/// A row of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Position of its element.
    pub(super) position: u32,
    /// Whether it is in the table's head, or has header cells alone.
    pub(super) is_header: bool,
}

impl Table {
    /// The table whose element is at `position`.
    pub(super) fn new(position: u32) -> Self {
        Self { position, is_in_head: false, row: None, grid: Grid::default() }
    }

    /// Position of its element.
    pub(super) fn position(&self) -> u32 {
        self.position
    }

    /// A head, body or foot begins.
    pub(super) fn start_group(&mut self, is_head: bool) {
        self.is_in_head = is_head;
    }

    /// A head, body or foot ends.
    pub(super) fn end_group(&mut self) {
        self.is_in_head = false;
        self.grid.end_group();
    }

    /// Whether the current row has an element.
    pub(super) fn has_row(&self) -> bool {
        self.row.is_some()
    }

    /// The current row has the element at `position`.
    pub(super) fn start_row(&mut self, position: u32) {
        self.row = Some(Row { position, is_header: true });
    }

    /// Places a cell in the current row, and returns its column.
    pub(super) fn place(&mut self, span: Span, is_header: bool) -> u32 {
        if let Some(row) = &mut self.row {
            row.is_header &= is_header || self.is_in_head;
        }
        self.grid.place(span)
    }

    /// Ends the current row, and returns it if it had cells.
    pub(super) fn end_row(&mut self) -> Option<Row> {
        self.grid.end_row();
        self.row.take()
    }
}

/// The columns of a table's rows, as far as they are read.
#[derive(Debug, Default)]
struct Grid {
    row: u32,
    /// The column that the next cell of the row may take.
    column: u32,
    /// Cells of earlier rows that reach into later ones, by first column.
    reaching: Vec<Reach>,
    /// Cells of this row that reach further down.
    started: Vec<Reach>,
    /// How many of `reaching` lie before `column`.
    passed: usize,
}

#[derive(Debug, Clone, Copy)]
struct Reach {
    columns: (u32, u32),
    /// The first row that it does not reach.
    until_row: u32,
}

/// What browsers allow.
const MAX_COLUMN_SPAN: u32 = 1000;
const MAX_ROW_SPAN: u32 = 65534;

/// How many cells and rows a cell covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) columns: u32,
    /// 0 is all rows to the end of the row group.
    pub(super) rows: u32,
}

impl Span {
    /// The span that the attributes `colspan` and `rowspan` give.
    pub(super) fn new(columns: Option<&str>, rows: Option<&str>) -> Self {
        let number = |value: Option<&str>| value.and_then(|value| value.trim().parse().ok());
        Self {
            columns: number(columns).filter(|columns| *columns > 0).unwrap_or(1).min(MAX_COLUMN_SPAN),
            rows: number(rows).unwrap_or(1).min(MAX_ROW_SPAN),
        }
    }
}

impl Grid {
    /// Goes to the next row.
    fn end_row(&mut self) {
        self.row += 1;
        self.column = 0;
        self.passed = 0;
        let row = self.row;
        self.reaching.append(&mut self.started);
        self.reaching.retain(|reach| reach.until_row > row);
        self.reaching.sort_unstable_by_key(|reach| reach.columns);
    }

    /// Ends a row group: no cell reaches over its end.
    fn end_group(&mut self) {
        self.reaching.clear();
        self.started.clear();
        self.passed = 0;
    }

    /// Places the next cell of the row, and returns its column.
    fn place(&mut self, span: Span) -> u32 {
        while let Some(reach) = self.reaching.get(self.passed) {
            if reach.columns.0 > self.column {
                break;
            }
            self.column = self.column.max(reach.columns.1);
            self.passed += 1;
        }
        let column = self.column;
        self.column = column.saturating_add(span.columns);
        if span.rows != 1 {
            let rows = if span.rows == 0 { MAX_ROW_SPAN } else { span.rows };
            let until_row = self.row.saturating_add(rows);
            self.started.push(Reach { columns: (column, self.column), until_row });
        }
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Span = Span { columns: 1, rows: 1 };

    #[test]
    fn cells_stand_beside_those_that_reach_down() {
        let mut grid = Grid::default();
        assert_eq!(grid.place(Span { columns: 1, rows: 2 }), 0);
        assert_eq!(grid.place(Span { columns: 4, rows: 1 }), 1);
        assert_eq!(grid.place(Span { columns: 1, rows: 3 }), 5);
        grid.end_row();
        assert_eq!([grid.place(ONE), grid.place(ONE), grid.place(ONE)], [1, 2, 3]);
        assert_eq!([grid.place(ONE), grid.place(ONE)], [4, 6]);
        grid.end_row();
        assert_eq!([grid.place(ONE), grid.place(ONE)], [0, 1]);
    }

    #[test]
    fn no_cell_reaches_over_the_end_of_its_group() {
        let mut grid = Grid::default();
        grid.place(Span { columns: 1, rows: 0 });
        grid.end_row();
        assert_eq!(grid.place(ONE), 1);
        grid.end_row();
        grid.end_group();
        assert_eq!(grid.place(ONE), 0);
    }

    #[test]
    fn spans_are_read_as_browsers_do() {
        assert_eq!(Span::new(Some("0"), Some("0")), Span { columns: 1, rows: 0 });
        assert_eq!(Span::new(Some("99999"), Some(" 2 ")), Span { columns: 1000, rows: 2 });
        assert_eq!(Span::new(Some("x"), None), ONE);
    }
}

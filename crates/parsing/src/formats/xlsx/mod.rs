//! Workbooks (Office Open XML): sheets, their tables of non-empty cells, and what hangs on the cells.
//!
//! Each part's XML is read in one metered pass. calamine, which reads
//! workbooks too, believes counts that the file declares (a shared string
//! count or a formula index of some billions aborts the process), clones a font
//! for every cell format, and gives up at error values newer than itself.

mod number_format;
mod reference;
mod sheet;
mod table;
mod workbook;

use super::ooxml::{Package, read_core_properties};
use crate::{Input, ParseError, Parser, TreeBuilder};
use gdg_model::{ElementType, Format, Location};
use std::sync::Arc;
use workbook::{SheetEntry, Workbook};

/// Workbooks (Office Open XML).
#[derive(Debug)]
pub(crate) struct Xlsx;

impl Parser for Xlsx {
    fn parse(&self, input: &Input<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
        let mut package = Package::open(Format::Xlsx, input.bytes, tree.budget())?;
        let workbook = Workbook::read(&mut package)?;
        if let Some(title) = read_core_properties(&mut package, tree)?.title {
            tree.set_title(title);
        }
        tree.set_metadata("sheets", workbook.sheets.len());
        for (index, entry) in workbook.sheets.iter().enumerate() {
            add_sheet(index, entry, &workbook, &mut package, tree)?;
        }
        Ok(())
    }
}

/// Adds a sheet. Those that have no cells (charts, dialogs, macros) are only named.
fn add_sheet(
    index: usize,
    entry: &SheetEntry,
    workbook: &Workbook,
    package: &mut Package<'_>,
    tree: &mut TreeBuilder,
) -> Result<(), ParseError> {
    let name: Arc<str> = Arc::from(entry.name.as_str());
    let location = Location::Sheet { sheet: Arc::clone(&name), cells: None };
    let position = tree.open(ElementType::Sheet, entry.name.as_str(), location)?;
    tree.set_attribute(position, "index", index);
    if entry.hidden {
        tree.set_attribute(position, "hidden", true);
    }
    if let Some(path) = &entry.worksheet {
        let sheet = sheet::read(path, workbook, package, tree)?;
        table::add_tables(sheet, &name, &workbook.strings, tree)?;
    }
    tree.close();
    Ok(())
}

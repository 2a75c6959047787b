//! Writes Parquet files for the tests that read them.

#![allow(dead_code)] // each program of tests uses some of it

use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// A column as it is written.
pub(crate) enum Column {
    Text(Vec<Option<Vec<u8>>>),
    Long(Vec<i64>),
    Date(Vec<i32>),
    Double(Vec<f64>),
    /// Lists of texts, with their levels.
    Nested(Vec<Vec<u8>>, Vec<i16>, Vec<i16>),
}

pub(crate) fn texts<T: AsRef<[u8]>>(values: impl IntoIterator<Item = T>) -> Column {
    Column::Text(values.into_iter().map(|value| Some(value.as_ref().to_vec())).collect())
}

pub(crate) fn properties() -> WriterProperties {
    WriterProperties::builder().build()
}

/// Writes a file of groups of columns. It takes its place in one step, as whoever replaces a table does it.
pub(crate) fn write(path: &Path, schema: &str, groups: &[Vec<Column>], properties: WriterProperties) {
    put_file(path, &file_of(schema, groups, properties));
}

/// The bytes of a file of groups of columns.
pub(crate) fn file_of(schema: &str, groups: &[Vec<Column>], properties: WriterProperties) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(&format!("message rows {{ {schema} }}")).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    for group in groups {
        let mut row_group = writer.next_row_group().unwrap();
        for column in group {
            let mut to = row_group.next_column().unwrap().unwrap();
            match column {
                Column::Text(values) => {
                    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
                    let values: Vec<ByteArray> =
                        values.iter().flatten().map(|value| ByteArray::from(value.clone())).collect();
                    to.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
                }
                Column::Long(values) => {
                    to.typed::<Int64Type>().write_batch(values, None, None).unwrap();
                }
                Column::Date(values) => {
                    to.typed::<Int32Type>().write_batch(values, None, None).unwrap();
                }
                Column::Double(values) => {
                    to.typed::<DoubleType>().write_batch(values, None, None).unwrap();
                }
                Column::Nested(values, definition, repetition) => {
                    let values: Vec<ByteArray> =
                        values.iter().map(|value| ByteArray::from(value.clone())).collect();
                    let to = to.typed::<ByteArrayType>();
                    to.write_batch(&values, Some(definition), Some(repetition)).unwrap();
                }
            }
            to.close().unwrap();
        }
        row_group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

/// The columns of [`named_rows`].
const NAMED: &str = "optional binary id (UTF8); required int64 version; optional binary body;";

/// The bytes of a file with rows by their ids, each with a version and a body, in groups of a few rows each, so that there
/// are several.
pub(crate) fn named_rows(rows: &BTreeMap<String, (i64, Vec<u8>)>) -> Vec<u8> {
    let rows: Vec<_> = rows.iter().collect();
    let groups = rows.chunks(3).map(|rows| {
        vec![
            texts(rows.iter().map(|(name, _)| name)),
            Column::Long(rows.iter().map(|(_, (version, _))| *version).collect()),
            texts(rows.iter().map(|(_, (_, bytes))| bytes)),
        ]
    });
    file_of(NAMED, &groups.collect::<Vec<_>>(), properties())
}

/// Puts a file in its place in one step, as whoever replaces a table does it.
pub(crate) fn put_file(path: &Path, file: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let temporary = path.with_extension("tmp");
    fs::write(&temporary, file).unwrap();
    fs::rename(temporary, path).unwrap();
}

//! A group of rows, read from a row within it on.

use parquet::bloom_filter::Sbbf;
use parquet::column::page::PageReader;
use parquet::column::reader::ColumnReader;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::RowGroupReader;
use parquet::record::reader::{ReaderIter, RowIter, TreeBuilder};
use parquet::schema::types::{SchemaDescPtr, Type};

/// The rows of a group, from `skipped` on. Of the pages before it, only headers are read.
pub(super) fn rows_from(
    group: &dyn RowGroupReader,
    schema: SchemaDescPtr,
    skipped: u64,
    batch_size: usize,
) -> Result<ReaderIter> {
    let skipped = usize::try_from(skipped)?;
    TreeBuilder::new().with_batch_size(batch_size).as_iter(schema, &From { group, skipped })
}

/// A group whose columns begin at a row within it.
struct From<'g> {
    group: &'g dyn RowGroupReader,
    skipped: usize,
}

impl RowGroupReader for From<'_> {
    fn metadata(&self) -> &RowGroupMetaData {
        self.group.metadata()
    }

    fn num_columns(&self) -> usize {
        self.group.num_columns()
    }

    fn get_column_page_reader(&self, i: usize) -> Result<Box<dyn PageReader>> {
        self.group.get_column_page_reader(i)
    }

    fn get_column_reader(&self, i: usize) -> Result<ColumnReader> {
        let mut reader = self.group.get_column_reader(i)?;
        if self.skipped == 0 {
            return Ok(reader);
        }
        let skipped = match &mut reader {
            ColumnReader::BoolColumnReader(column) => column.skip_records(self.skipped)?,
            ColumnReader::Int32ColumnReader(column) => column.skip_records(self.skipped)?,
            ColumnReader::Int64ColumnReader(column) => column.skip_records(self.skipped)?,
            ColumnReader::Int96ColumnReader(column) => column.skip_records(self.skipped)?,
            ColumnReader::FloatColumnReader(column) => column.skip_records(self.skipped)?,
            ColumnReader::DoubleColumnReader(column) => column.skip_records(self.skipped)?,
            ColumnReader::ByteArrayColumnReader(column) => column.skip_records(self.skipped)?,
            ColumnReader::FixedLenByteArrayColumnReader(column) => column.skip_records(self.skipped)?,
        };
        if skipped < self.skipped {
            return Err(ParquetError::General(format!("a column ends at row {skipped} of its group")));
        }
        Ok(reader)
    }

    fn get_column_bloom_filter(&self, i: usize) -> Option<&Sbbf> {
        self.group.get_column_bloom_filter(i)
    }

    fn get_row_iter(&self, projection: Option<Type>) -> Result<RowIter<'_>> {
        RowIter::from_row_group(projection, self)
    }
}

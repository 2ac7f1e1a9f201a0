//! An export's bytes as a stream: CSV for spreadsheets, Parquet for programs.

use super::{Cell, Export, spreadsheet};
use crate::{Error, Result, transformed};
use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
    error::ArrowError,
};
use bytes::Bytes;
use futures::{Stream, stream::try_unfold};
use parquet::arrow::ArrowWriter;
use std::sync::Arc;

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180 with a header, in UTF-8; a text that a spreadsheet would take for a formula gets an
    /// apostrophe before it.
    Csv,
    /// Parquet, compressed with Zstandard.
    Parquet,
}

/// Writes an export; what is given is dropped before more is read.
pub fn stream(export: Export, format: Format) -> impl Stream<Item = Result<Bytes>> + Send {
    let begin = State::Before(export, format);
    try_unfold(begin, |state| async move {
        Ok(match state {
            State::Before(export, format) => {
                let (writer, head) = Writer::begin(&export, format)?;
                Some((head, State::Within(export, writer)))
            }
            State::Within(mut export, mut writer) => {
                let rows = export.next().await?;
                match rows.is_empty() {
                    false => Some((writer.rows(rows)?, State::Within(export, writer))),
                    true => Some((writer.end()?, State::After)),
                }
            }
            State::After => None,
        })
    })
}

enum State {
    Before(Export, Format),
    Within(Export, Writer),
    After,
}

enum Writer {
    Csv,
    Parquet(Box<ArrowWriter<Vec<u8>>>, Arc<Schema>),
}

impl Writer {
    fn begin(export: &Export, format: Format) -> Result<(Self, Bytes)> {
        let columns = export.columns();
        Ok(match format {
            Format::Csv => {
                let head = columns.iter().map(|(name, _)| (*name).into()).collect();
                (Self::Csv, spreadsheet::rows([head])?.into())
            }
            Format::Parquet => {
                let field = |(name, number): &(&str, bool)| match number {
                    true => Field::new(*name, DataType::Int64, true),
                    false => Field::new(*name, DataType::Utf8, true),
                };
                let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
                let schema = Arc::new(schema);
                let properties = Some(transformed::properties()?);
                let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), properties)?;
                (Self::Parquet(Box::new(writer), schema), Bytes::new())
            }
        })
    }

    fn rows(&mut self, rows: Vec<Vec<Cell>>) -> Result<Bytes> {
        match self {
            Self::Csv => {
                let texts = rows
                    .iter()
                    .map(|row| row.iter().map(spreadsheet::text).collect());
                Ok(spreadsheet::rows(texts)?.into())
            }
            Self::Parquet(writer, schema) => {
                let internal = |error: ArrowError| Error::Internal(format!("export: {error}"));
                writer.write(&batch(schema, rows).map_err(internal)?)?;
                if writer.memory_size() >= transformed::GROUP_BYTES {
                    writer.flush()?;
                }
                Ok(std::mem::take(writer.inner_mut()).into())
            }
        }
    }

    fn end(self) -> Result<Bytes> {
        match self {
            Self::Csv => Ok(Bytes::new()),
            Self::Parquet(writer, _) => Ok(writer.into_inner()?.into()),
        }
    }
}

/// Rows turned into columns.
fn batch(schema: &Arc<Schema>, rows: Vec<Vec<Cell>>) -> Result<RecordBatch, ArrowError> {
    let mut columns: Vec<Vec<Cell>> = schema.fields().iter().map(|_| Vec::new()).collect();
    for row in rows {
        for (column, cell) in columns.iter_mut().zip(row) {
            column.push(cell);
        }
    }
    let arrays = schema.fields().iter().zip(columns);
    let arrays = arrays.map(|(field, cells)| -> ArrayRef {
        let cells = cells.into_iter();
        match field.data_type() {
            DataType::Int64 => Arc::new(Int64Array::from_iter(cells.map(|cell| match cell {
                Cell::Number(number) => number,
                Cell::Text(_) => None,
            }))),
            _ => Arc::new(StringArray::from_iter(cells.map(|cell| match cell {
                Cell::Text(text) => text,
                Cell::Number(_) => None,
            }))),
        }
    });
    RecordBatch::try_new(schema.clone(), arrays.collect())
}

//! From a file's bytes to rows: unpacked, split, recognised, parsed, put under the rules.
//!
//! Lines and offsets count in the unpacked text; the members of a `.zip` count as if they were laid end to
//! end. A record that is wrong becomes a reject and the next one is read.

mod record;
mod unpack;

pub use unpack::{Counted, is_packed};

use crate::{
    Error, Result, csv,
    record::{Outcome, Position, Reject, Row},
    rules::RuleSet,
    source::{Catalog, Layout},
};
use entity::ingest::Severity;
use record::Held;
use std::{borrow::Cow, io::Read, sync::Arc};

/// What a stranger's file may cost.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Longest record taken, in bytes of the text; a longer one is rejected. With a batch of others it must
    /// stay below the packet size of a MySQL server.
    pub max_record_bytes: usize,
    /// Most bytes a packed file may unpack to.
    pub max_unpacked_bytes: u64,
    /// Most a packed file may grow by unpacking, once past the first 64 MiB.
    pub max_ratio: u64,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            max_record_bytes: 8 << 20,
            max_unpacked_bytes: 64 << 30,
            max_ratio: 200,
        }
    }
}

/// What a file is read under.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    pub options: ReadOptions,
    pub sources: Catalog,
    pub rules: Arc<RuleSet>,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadSummary {
    /// The sources it was recognised as, with commas between them.
    pub source: String,
    /// 1-based line of the header; in a `.zip` of several members that of the first.
    pub header_line: u64,
    /// Records of all kinds; a rejoined record is one.
    pub rows: u64,
    /// Records that could not be used.
    pub rejects: u64,
    /// Bytes of the unpacked text.
    pub unpacked_bytes: u64,
}

/// Where rows go.
pub type Sink<'a> = dyn FnMut(Row) -> Result<()> + 'a;

/// Reads a whole file; `name` is its own, for messages and for how it is packed (`.gz`, `.zst`, `.zip`).
///
/// # Errors
/// [`Error::Input`] when the file as a whole cannot be read as a known format, [`Error::Io`] when its bytes
/// do not come, and whatever `sink` answers.
pub fn read(
    name: &str,
    input: Box<dyn Read + Send>,
    terms: &Terms,
    sink: &mut Sink,
) -> Result<ReadSummary> {
    let mut summary = ReadSummary {
        source: String::new(),
        header_line: 0,
        rows: 0,
        rejects: 0,
        unpacked_bytes: 0,
    };
    let mut before = Position::default();
    unpack::each_text(name, input, &terms.options, &mut |name, text| {
        read_text(name, text, terms, &mut before, &mut summary, sink)
    })?;
    Ok(summary)
}

/// The bytes of the record at `position`; of one longer than [`ReadOptions::max_record_bytes`] only so many.
///
/// # Errors
/// As [`read`]; and [`Error::Corrupt`] when the text ends before the record does.
pub fn raw_record(
    name: &str,
    input: Box<dyn Read + Send>,
    position: &Position,
    options: &ReadOptions,
) -> Result<Vec<u8>> {
    let mut skip = position.byte_offset;
    let mut left = position.byte_length.min(options.max_record_bytes as u64);
    let mut raw = Vec::new();
    unpack::each_text(name, input, options, &mut |name, text| {
        let io = |error| unpack::io_error(name, error);
        skip -= std::io::copy(&mut text.take(skip), &mut std::io::sink()).map_err(io)?;
        if skip == 0 && left > 0 {
            left -= text.take(left).read_to_end(&mut raw).map_err(io)? as u64;
        }
        Ok(())
    })?;
    if left > 0 {
        return Err(Error::Corrupt {
            path: name.to_owned(),
            message: format!("ends before the record at byte {}", position.byte_offset),
        });
    }
    Ok(raw)
}

/// The columns that a file's first record names.
///
/// # Errors
/// [`Error::Io`] and [`Error::Input`] as for [`read`].
pub fn header(
    name: &str,
    input: Box<dyn Read + Send>,
    options: &ReadOptions,
) -> Result<Vec<String>> {
    let mut columns = Vec::new();
    unpack::each_text(name, input, options, &mut |name, text| {
        if columns.is_empty() {
            let mut reader = csv::Reader::new(text, options.max_record_bytes);
            let first = reader
                .next_record()
                .map_err(|error| unpack::io_error(name, error))?;
            let fields = first.iter().flat_map(csv::Record::fields);
            columns.extend(fields.map(|field| String::from_utf8_lossy(field).into_owned()));
        }
        Ok(())
    })?;
    Ok(columns)
}

/// Reads one CSV text; `before` is what earlier texts of the same file took.
fn read_text(
    name: &str,
    text: &mut dyn Read,
    terms: &Terms,
    before: &mut Position,
    summary: &mut ReadSummary,
    sink: &mut Sink,
) -> Result<()> {
    let io = |error| unpack::io_error(name, error);
    let rules = &terms.rules;
    let mut reader = csv::Reader::new(text, terms.options.max_record_bytes);
    let source = match reader.next_record().map_err(io)? {
        Some(header) => {
            if summary.header_line == 0 {
                summary.header_line = header.position.line;
            }
            recognise(name, &header, &terms.sources)?
        }
        None => {
            return Err(Error::Input(format!(
                "{name} is empty; send the file again when it is complete"
            )));
        }
    };
    let used = &source.definition().name;
    if !summary.source.split(", ").any(|known| known == used) {
        let comma = if summary.source.is_empty() { "" } else { ", " };
        summary.source = format!("{}{comma}{used}", summary.source);
    }
    let mut emit = |mut position: Position, outcome: Outcome| {
        position.line += before.line;
        position.byte_offset += before.byte_offset;
        summary.rows += 1;
        summary.rejects += u64::from(matches!(outcome, Outcome::Reject(_)));
        sink(Row { position, outcome })
    };

    let mut held: Option<Held> = None;
    while let Some(record) = reader.next_record().map_err(io)? {
        if let Some(stub) = held.take() {
            if let Some((position, outcome)) = stub.rejoin(&record, &source, rules) {
                emit(position, outcome)?;
                continue;
            }
            emit(stub.position, stub.alone(&source))?;
        }
        if record::may_be_stub(&record, &source) {
            held = Some(Held::new(&record));
            continue;
        }
        emit(record.position, record::outcome(&record, &source, rules))?;
    }
    if let Some(stub) = held {
        emit(stub.position, stub.alone(&source))?;
    }
    before.line += reader.lines();
    before.byte_offset += reader.offset();
    summary.unpacked_bytes = before.byte_offset;
    Ok(())
}

fn recognise(name: &str, header: &csv::Record, sources: &Catalog) -> Result<Layout> {
    // Names of columns are ASCII as a rule; one of another encoding is shown as well as may be.
    let names: Option<Vec<Cow<str>>> = header
        .fields()
        .map(|field| match std::str::from_utf8(field) {
            _ if field.iter().any(|byte| *byte < b'\t') => None,
            Ok(name) => Some(Cow::Borrowed(name)),
            Err(_) if field.iter().filter(|byte| !byte.is_ascii()).count() * 4 > field.len() => {
                None
            }
            Err(_) => Some(
                encoding_rs::WINDOWS_1252
                    .decode_without_bom_handling(field)
                    .0,
            ),
        })
        .collect();
    match names {
        Some(names) if !header.too_long => {
            let names: Vec<&str> = names.iter().map(Cow::as_ref).collect();
            sources.recognise(name, &names)
        }
        _ => Err(Error::Input(format!(
            "{name}, line 1: this is not text but binary data; send CSV in UTF-8, \
             plain or packed as .gz, .zst or .zip with that ending in its name"
        ))),
    }
}

/// A reject of a whole record.
fn reject(code: &'static str, rule: &'static str, message: String) -> Reject {
    Reject {
        code: code.into(),
        severity: Severity::Error,
        rule: rule.into(),
        column: None,
        value: None,
        message: message.into(),
    }
}

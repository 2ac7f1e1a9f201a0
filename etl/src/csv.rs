//! Records of a CSV stream with their exact place in it.
//!
//! `csv_core` splits; this module keeps lines, offsets and the limits that a stranger's file needs. A wrong
//! record never stops the stream.

use crate::record::Position;
use csv_core::{ReadRecordResult, Reader as Core};
use std::io::{self, Read};

const BUFFER: usize = 256 << 10;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A record as it stands in the file; it borrows the reader's buffer.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Where it stands; a byte order mark and line endings belong to no record.
    pub position: Position,
    /// The fields end to end, unquoted; empty where the record was too long.
    data: &'a [u8],
    ends: &'a [usize],
    /// Whether the record has more bytes than the reader takes; its fields are then dropped.
    pub too_long: bool,
    /// Whether the stream ended before a line ending did.
    pub at_end: bool,
    /// Whether the stream ended inside quotes.
    pub open_quote: bool,
}

impl<'a> Record<'a> {
    /// How many fields it has.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has none, as one that was too long.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Its fields in order.
    pub fn fields(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let data = self.data;
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let field = &data[start..end];
            start = end;
            field
        })
    }
}

/// Reads records from a stream; memory stays at the longest record it takes.
pub struct Reader<R> {
    input: R,
    core: Core,
    buffer: Vec<u8>,
    /// What of the buffer holds bytes not yet consumed.
    start: usize,
    end: usize,
    /// Bytes and line feeds consumed so far.
    offset: u64,
    lines: u64,
    output: Vec<u8>,
    ends: Vec<usize>,
    max_record: usize,
    finished: bool,
}

impl<R: Read> Reader<R> {
    /// A reader that drops the fields of records longer than `max_record` bytes.
    pub fn new(input: R, max_record: usize) -> Self {
        Self {
            input,
            core: Core::new(),
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            offset: 0,
            lines: 0,
            output: vec![0; max_record.clamp(1, 16 << 10)],
            ends: vec![0; 64],
            max_record,
            finished: false,
        }
    }

    /// Bytes consumed so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Line feeds consumed so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The next record, or `None` at the end.
    ///
    /// # Errors
    /// Only those of the underlying stream.
    pub fn next_record(&mut self) -> io::Result<Option<Record<'_>>> {
        if self.finished || !self.skip_line_endings()? {
            return Ok(None);
        }
        let (from, line) = (self.offset, self.lines + 1);
        let (mut data_len, mut ends_len) = (0, 0);
        let (mut too_long, mut open_quote) = (false, false);
        let terminated = loop {
            // Past the end a line ending is made up; where it belongs to a field, a quote is open.
            self.finished = self.start == self.end && self.fill()? == 0;
            let input = match self.finished {
                true => b"\n".as_slice(),
                false => &self.buffer[self.start..self.end],
            };
            let (result, read, written, ended) = self.core.read_record(
                input,
                &mut self.output[data_len..],
                &mut self.ends[ends_len..],
            );
            ends_len += ended;
            if !self.finished {
                self.lines += memchr::memchr_iter(b'\n', &input[..read]).count() as u64;
                self.start += read;
                self.offset += read as u64;
                data_len += written;
            }
            match result {
                ReadRecordResult::Record | ReadRecordResult::End => break !self.finished,
                ReadRecordResult::InputEmpty if self.finished => {
                    open_quote = true;
                    self.ends[ends_len] = data_len;
                    ends_len += 1;
                    break false;
                }
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.output.len() > self.max_record => {
                    too_long = true;
                }
                ReadRecordResult::OutputFull => {
                    // One more than a record may have, so that a full buffer means too many.
                    let size = (self.output.len() * 2).min(self.max_record.saturating_add(1));
                    self.output.resize(size, 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() >= self.max_record / 2 => {
                    too_long = true;
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
            }
            if too_long {
                (data_len, ends_len) = (0, 0);
            }
        };
        let byte_length = self.offset - from - u64::from(terminated);
        too_long |= byte_length > self.max_record as u64;
        if too_long {
            ends_len = 0;
        }
        Ok(Some(Record {
            position: Position {
                line,
                byte_offset: from,
                byte_length,
            },
            data: &self.output[..data_len],
            ends: &self.ends[..ends_len],
            too_long,
            at_end: !terminated,
            open_quote,
        }))
    }

    /// Passes over line endings between records, and a byte order mark before the first; answers
    /// whether anything follows.
    fn skip_line_endings(&mut self) -> io::Result<bool> {
        loop {
            if self.start == self.end && self.fill()? == 0 {
                self.finished = true;
                return Ok(false);
            }
            if self.offset == 0 {
                while self.end - self.start < BOM.len() && self.fill_more()? > 0 {}
                if self.buffer[self.start..self.end].starts_with(BOM) {
                    self.start += BOM.len();
                    self.offset += BOM.len() as u64;
                    continue;
                }
            }
            match self.buffer[self.start] {
                b'\n' => self.lines += 1,
                b'\r' => {}
                _ => return Ok(true),
            }
            self.start += 1;
            self.offset += 1;
        }
    }

    /// Replaces the consumed buffer; answers how many bytes came.
    fn fill(&mut self) -> io::Result<usize> {
        (self.start, self.end) = (0, 0);
        self.fill_more()
    }

    /// Adds to the buffer; answers how many bytes came.
    fn fill_more(&mut self) -> io::Result<usize> {
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives a stream's bytes in pieces of the sizes given, again and again.
    struct Pieces<'a>(&'a [u8], Vec<usize>, usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let size = self.1[self.2 % self.1.len()].clamp(1, buffer.len());
            self.2 += 1;
            let size = size.min(self.0.len());
            buffer[..size].copy_from_slice(&self.0[..size]);
            self.0 = &self.0[size..];
            Ok(size)
        }
    }

    type Seen = (Position, Vec<String>, bool);

    fn all(bytes: &[u8], sizes: Vec<usize>, max: usize) -> Vec<Seen> {
        let mut reader = Reader::new(Pieces(bytes, sizes, 0), max);
        let mut records = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            let fields = record
                .fields()
                .map(|f| String::from_utf8_lossy(f).into_owned());
            records.push((record.position, fields.collect(), record.too_long));
        }
        records
    }

    #[test]
    fn places_are_exact() {
        let text = b"\xef\xbb\xbfa,b\r\n\r\n1,\"x\ny\"\n\n2,z";
        let records = all(text, vec![1], 1 << 20);
        let places: Vec<(u64, &[u8])> = records
            .iter()
            .map(|(p, ..)| {
                let from = p.byte_offset as usize;
                (p.line, &text[from..from + p.byte_length as usize])
            })
            .collect();
        assert_eq!(
            places,
            [(1, b"a,b".as_slice()), (3, b"1,\"x\ny\""), (6, b"2,z"),]
        );
        assert_eq!(records[1].1, ["1", "x\ny"]);
    }

    #[test]
    fn a_record_too_long_is_passed_over_and_the_next_is_read() {
        let text = format!("a,b\n\"{}\",2\n3,4\n", "x".repeat(100_000));
        let records = all(text.as_bytes(), vec![777], 20_000);
        assert_eq!(records.len(), 3);
        assert!(records[1].2 && records[1].1.is_empty());
        assert_eq!(records[1].0.byte_length, 100_004);
        assert_eq!(records[2].1, ["3", "4"]);
        assert_eq!(records[2].0.line, 3);
    }

    #[test]
    fn an_end_inside_quotes_is_told() {
        for (text, open) in [
            ("a,\"b\nc", true),
            ("5\" disc,\"b", true),
            ("a,\"b\"\"", true),
            ("a,\"b\"", false),
            ("a,5\" disc", false),
        ] {
            let mut reader = Reader::new(text.as_bytes(), 1 << 20);
            let record = reader.next_record().unwrap().unwrap();
            assert_eq!((record.open_quote, record.at_end), (open, true), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_sizes_of_reads_change_nothing(
            text in r#"([ab",\n\r]|"[a,\n]*"){0,60}"#,
            sizes in proptest::collection::vec(1usize..9, 1..5),
        ) {
            let bytes = text.as_bytes();
            prop_assert_eq!(all(bytes, sizes, 1 << 20), all(bytes, vec![1 << 20], 1 << 20));
        }

        #[test]
        fn fields_are_those_of_the_csv_crate(text in r#"([abé,\n"]|"[a,\n]*"){0,60}"#) {
            let ours: Vec<Vec<String>> =
                all(text.as_bytes(), vec![3], 1 << 20).into_iter().map(|r| r.1).collect();
            let theirs: Vec<Vec<String>> = ::csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes())
                .records()
                .map(|r| r.unwrap().iter().map(str::to_owned).collect())
                .collect();
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn the_raw_bytes_of_a_record_read_as_that_record(text in r#"([ab,\n]|"[a,\n]*"){0,60}"#) {
            for (position, fields, _) in all(text.as_bytes(), vec![5], 1 << 20) {
                let from = position.byte_offset as usize;
                let raw = &text.as_bytes()[from..from + position.byte_length as usize];
                let again = all(raw, vec![4], 1 << 20);
                prop_assert_eq!(again.len(), 1);
                prop_assert_eq!(&again[0].1, &fields);
            }
        }
    }
}

//! Packed files: the same rows as from the plain text, the same bytes back, and what is refused.
#![allow(clippy::unwrap_used)]

use etl::{
    Error,
    read::{self, ReadOptions, Terms},
    record::{Position, Row},
    sample,
};
use std::io::{self, Cursor, Read, Write};

fn text(rows: u64, seed: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    sample::write(rows, seed, &mut bytes).unwrap();
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn terms(options: &ReadOptions) -> Terms {
    Terms {
        options: options.clone(),
        ..Terms::default()
    }
}

fn read_with(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    let input = Box::new(Cursor::new(bytes.to_vec()));
    read::read(name, input, &terms(options), &mut |row| {
        rows.push(row);
        Ok(())
    })?;
    Ok(rows)
}

fn read(name: &str, bytes: &[u8]) -> Result<Vec<Row>, Error> {
    read_with(name, bytes, &ReadOptions::default())
}

fn raw(name: &str, bytes: &[u8], position: &Position) -> Result<Vec<u8>, Error> {
    let input = Box::new(Cursor::new(bytes.to_vec()));
    read::raw_record(name, input, position, &ReadOptions::default())
}

fn part(bytes: &[u8], position: &Position) -> Vec<u8> {
    let from = position.byte_offset as usize;
    bytes[from..from + position.byte_length as usize].to_vec()
}

/// The message of the refusal, which names all of `parts`.
fn assert_refused(result: Result<Vec<Row>, Error>, parts: &[&str]) {
    let Err(Error::Input(message)) = result else {
        panic!(
            "not refused: {parts:?}, {:?}",
            result.map(|rows| rows.len())
        );
    };
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

#[test]
fn a_packed_file_gives_the_rows_and_the_bytes_of_its_text() {
    let plain = text(2_000, 1);
    let expected = read("m.csv", &plain).unwrap();
    assert_eq!(expected.len(), 2_000);
    let (front, back) = plain.split_at(plain.len() / 2);
    for (name, packed) in [
        ("m.csv", plain.clone()),
        ("m.csv.gz", gzip(&plain)),
        ("m.CSV.GZ", [gzip(front), gzip(back)].concat()),
        ("m.csv.zst", zstd(&plain)),
        ("m.csv.zst", [zstd(front), zstd(back)].concat()),
        ("m.zip", zip(&[("folder/m.csv", &plain)])),
        // Browsers unpack and keep the name.
        ("m.csv.gz", plain.clone()),
        ("m.csv.gz", zstd(&plain)),
    ] {
        assert!(read(name, &packed).unwrap() == expected, "{name}");
        for row in [&expected[0], &expected[999], &expected[1_999]] {
            let raw = raw(name, &packed, &row.position).unwrap();
            assert_eq!(raw, part(&plain, &row.position), "{name}");
        }
    }
}

#[test]
fn members_of_a_zip_count_as_if_laid_end_to_end() {
    let (one, two) = (text(50, 1), text(70, 2));
    let packed = zip(&[
        ("__MACOSX/._one.csv", b"\0\x05\x16\x07"),
        ("one.csv", &one),
        ("readme.txt", b"hello"),
        ("b/.hidden.csv", b"\0"),
        ("b/two.CSV", &two),
    ]);
    let rows = read("m.zip", &packed).unwrap();
    let both = [one.as_slice(), &two].concat();
    assert_eq!(rows.len(), 120);
    for row in &rows {
        let raw = raw("m.zip", &packed, &row.position).unwrap();
        assert_eq!(raw, part(&both, &row.position));
        let before = &both[..row.position.byte_offset as usize];
        let lines = before.iter().filter(|byte| **byte == b'\n').count() as u64;
        assert_eq!(row.position.line, lines + 1);
    }
    let (first, second) = (
        read("one.csv", &one).unwrap(),
        read("two.csv", &two).unwrap(),
    );
    let apart = first.iter().chain(&second).map(|row| &row.outcome);
    assert!(rows.iter().map(|row| &row.outcome).eq(apart));
}

#[test]
fn a_damaged_file_is_refused_and_the_place_named() {
    let plain = text(3_000, 1);
    let (gz, zst, zip) = (gzip(&plain), zstd(&plain), zip(&[("m.csv", &plain)]));
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let flipped = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 64].fill(0x55);
        bytes
    };
    for (name, bytes, part) in [
        ("m.csv.gz", half(&gz), "after byte"),
        ("m.csv.gz", flipped(&gz), "after byte"),
        ("m.csv.zst", half(&zst), "after byte"),
        ("m.csv.zst", flipped(&zst), "after byte"),
        (
            "m.zip",
            flipped(&zip),
            "m.zip/m.csv cannot be unpacked: after byte",
        ),
        ("m.zip", half(&zip), "bytes"),
        ("m.csv.gz", gz[..9].to_vec(), "after byte 0"),
    ] {
        assert_refused(read(name, &bytes), &[name, part, "send it again"]);
    }
    assert_refused(read("m.csv.gz", b""), &["m.csv.gz is empty"]);
    assert_refused(read("m.csv.gz", &gzip(b"")), &["m.csv.gz is empty"]);
    assert_refused(
        read("m.csv", &gz),
        &["m.csv", "packed as .gz", "ends in .gz"],
    );
    assert_refused(read("m.xlsx", &zip), &["m.xlsx", "packed as .zip"]);
    let other = self::zip(&[("readme.txt", b"hello")]);
    assert_refused(read("m.zip", &other), &["m.zip holds no .csv file"]);
    let odd = self::zip(&[("links.csv", b"movieId,imdbId\n1,2\n")]);
    assert_refused(
        read("m.zip", &odd),
        &["m.zip/links.csv, line 1", "lacks tmdbid"],
    );
}

#[test]
fn a_file_that_unpacks_beyond_measure_is_refused_with_the_figures() {
    let header = text(0, 1);
    let bomb = [header.as_slice(), &vec![b'x'; 80 << 20]].concat();
    for (name, packed) in [
        ("m.csv.gz", gzip(&bomb)),
        ("m.csv.zst", zstd(&bomb)),
        ("m.zip", zip(&[("m.csv", &bomb)])),
    ] {
        let size = packed.len() as u64;
        assert!(bomb.len() as u64 / size > 200, "{name} is no bomb");
        assert_refused(read(name, &packed), &[name, "200 times", "from"]);
        let generous = ReadOptions {
            max_ratio: u64::MAX,
            ..ReadOptions::default()
        };
        assert_eq!(read_with(name, &packed, &generous).unwrap().len(), 1);
        let small = ReadOptions {
            max_unpacked_bytes: 1 << 20,
            ..generous
        };
        assert_refused(read_with(name, &packed, &small), &[name, "at most 1048576"]);
    }
    // Text that packs as well as it likes is taken below 64 MiB, and unpacked text always.
    let small = [header.as_slice(), &vec![b'x'; 60 << 20]].concat();
    assert_eq!(read("m.csv.gz", &gzip(&small)).unwrap().len(), 1);
    assert_eq!(read("m.csv", &bomb).unwrap().len(), 1);
    let halves = [("a.csv", &small[..]), ("b.csv", &small[..])];
    assert_refused(read("m.zip", &zip(&halves)), &["m.zip/b.csv", "200 times"]);
}

/// Bytes that stop coming.
struct Failing(Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::new(io::ErrorKind::TimedOut, "the store is gone")),
            count => Ok(count),
        }
    }
}

#[test]
fn a_store_that_fails_is_no_fault_of_the_file() {
    let plain = text(500, 1);
    for (name, bytes) in [
        ("m.csv", plain.clone()),
        ("m.csv.gz", gzip(&plain)),
        ("m.csv.zst", zstd(&plain)),
        ("m.zip", zip(&[("m.csv", &plain)])),
    ] {
        let half = bytes[..bytes.len() / 2].to_vec();
        for bytes in [half, Vec::new()] {
            let input = Box::new(Failing(Cursor::new(bytes)));
            let result = read::read(name, input, &Terms::default(), &mut |_| Ok(()));
            let Err(Error::Io { path, source }) = result else {
                panic!("{name}: {result:?}");
            };
            assert_eq!(path.to_str(), Some(name));
            assert_eq!(source.kind(), io::ErrorKind::TimedOut);
        }
    }
}

#[test]
fn a_record_that_is_not_there_is_told_and_a_huge_one_is_cut() {
    let plain = text(20, 1);
    for (name, bytes) in [("m.csv", plain.clone()), ("m.csv.gz", gzip(&plain))] {
        let beyond = Position {
            line: 1,
            byte_offset: plain.len() as u64 - 5,
            byte_length: 10,
        };
        assert!(matches!(
            raw(name, &bytes, &beyond),
            Err(Error::Corrupt { .. })
        ));
        let all = Position {
            line: 1,
            byte_offset: 7,
            byte_length: plain.len() as u64 - 7,
        };
        let options = ReadOptions {
            max_record_bytes: 100,
            ..ReadOptions::default()
        };
        let input = Box::new(Cursor::new(bytes));
        assert_eq!(
            read::raw_record(name, input, &all, &options).unwrap(),
            plain[7..107]
        );
    }
}

#[test]
fn what_the_sink_answers_ends_the_reading() {
    let input = Box::new(Cursor::new(gzip(&text(100, 1))));
    let mut rows = 0;
    let result = read::read("m.csv.gz", input, &Terms::default(), &mut |_| {
        rows += 1;
        if rows == 3 {
            Err(Error::Cancelled)
        } else {
            Ok(())
        }
    });
    assert!(matches!(result, Err(Error::Cancelled)));
    assert_eq!(rows, 3);
}

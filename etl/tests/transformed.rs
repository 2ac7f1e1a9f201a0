//! What is written as Parquet is read back as it was.
#![allow(clippy::unwrap_used)]

use arrow::{
    array::{Array, AsArray, RecordBatch, StructArray},
    datatypes::{DataType, Date32Type, Float64Type, Int64Type},
};
use chrono::NaiveDate;
use entity::ingest::Severity;
use etl::{
    record::{MovieRecord, Named, Position, Reject},
    transformed::{MovieWriter, RejectWriter},
};
use parquet::{
    arrow::arrow_reader::ParquetRecordBatchReaderBuilder,
    basic::Compression,
    file::reader::{FileReader, SerializedFileReader},
};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use std::{borrow::Cow, fs::File, path::Path};

/// More rows than a row group holds.
const ROWS: usize = 70_000;

fn text(random: &mut ChaCha8Rng, most: usize) -> String {
    let letters: Vec<char> = "abc déß漢字🎬\"',\n\u{0}".chars().collect();
    let length = random.random_range(0..=most);
    (0..length)
        .map(|_| *letters.choose(random).unwrap())
        .collect()
}

fn maybe<T>(random: &mut ChaCha8Rng, make: impl FnOnce(&mut ChaCha8Rng) -> T) -> Option<T> {
    random.random_bool(0.7).then(|| make(random))
}

fn named<K>(random: &mut ChaCha8Rng, mut make: impl FnMut(&mut ChaCha8Rng) -> K) -> Vec<Named<K>> {
    (0..random.random_range(0..4))
        .map(|_| Named {
            id: make(random),
            name: text(random, 8),
        })
        .collect()
}

fn movie(random: &mut ChaCha8Rng) -> MovieRecord {
    let r = random;
    MovieRecord {
        id: r.random(),
        title: text(r, 12),
        original_title: maybe(r, |r| text(r, 12)),
        imdb_id: maybe(r, |r| text(r, 9)),
        adult: maybe(r, |r| r.random()),
        budget: maybe(r, |r| r.random()),
        revenue: maybe(r, |r| r.random()),
        popularity: maybe(r, |r| r.random()),
        // From long before 1970 to long after.
        release_date: maybe(r, |r| {
            NaiveDate::from_num_days_from_ce_opt(r.random_range(600_000..800_000)).unwrap()
        }),
        runtime: maybe(r, |r| r.random()),
        status: maybe(r, |r| text(r, 3)),
        original_language: maybe(r, |r| text(r, 2)),
        overview: maybe(r, |r| text(r, 60)),
        tagline: maybe(r, |r| text(r, 12)),
        homepage: maybe(r, |r| text(r, 12)),
        poster_path: maybe(r, |r| text(r, 12)),
        video: maybe(r, |r| r.random()),
        vote_average: maybe(r, |r| r.random()),
        vote_count: maybe(r, |r| r.random()),
        collection: maybe(r, |r| Named {
            id: r.random(),
            name: text(r, 5),
        }),
        genres: named(r, |r| r.random()),
        companies: named(r, |r| r.random()),
        countries: named(r, |r| text(r, 2)),
        languages: named(r, |r| text(r, 2)),
        keywords: None,
        uncounted: r.random(),
    }
}

fn position(random: &mut ChaCha8Rng) -> Position {
    Position {
        line: random.random_range(2..1 << 40),
        byte_offset: random.random_range(0..1 << 40),
        byte_length: random.random_range(0..2000),
    }
}

fn batches(path: &Path) -> impl Iterator<Item = RecordBatch> {
    let file = File::open(path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    reader.build().unwrap().map(Result::unwrap)
}

/// Values of one row by column name.
struct Cell<'a>(&'a RecordBatch, usize);

impl Cell<'_> {
    fn get<T>(&self, name: &str, value: impl Fn(&dyn Array, usize) -> T) -> Option<T> {
        let column = self.0.column_by_name(name).unwrap();
        (!column.is_null(self.1)).then(|| value(column, self.1))
    }

    fn integer(&self, name: &str) -> Option<i64> {
        self.get(name, |column, row| {
            column.as_primitive::<Int64Type>().value(row)
        })
    }

    fn real(&self, name: &str) -> Option<f64> {
        self.get(name, |column, row| {
            column.as_primitive::<Float64Type>().value(row)
        })
    }

    fn truth(&self, name: &str) -> Option<bool> {
        self.get(name, |column, row| column.as_boolean().value(row))
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name, |column, row| {
            column.as_string::<i32>().value(row).to_owned()
        })
    }

    fn date(&self, name: &str) -> Option<NaiveDate> {
        self.get(name, |column, row| {
            column
                .as_primitive::<Date32Type>()
                .value_as_date(row)
                .unwrap()
        })
    }

    fn list<K>(&self, name: &str, key: impl Fn(&StructArray, usize) -> K) -> Vec<Named<K>> {
        let items = self
            .get(name, |column, row| column.as_list::<i32>().value(row))
            .unwrap();
        let items = items.as_struct();
        let names = items.column_by_name("name").unwrap().as_string::<i32>();
        let named = |at| Named {
            id: key(items, at),
            name: names.value(at).to_owned(),
        };
        (0..items.len()).map(named).collect()
    }
}

fn integer_key(items: &StructArray, at: usize) -> i64 {
    items
        .column_by_name("id")
        .unwrap()
        .as_primitive::<Int64Type>()
        .value(at)
}

fn text_key(items: &StructArray, at: usize) -> String {
    items
        .column_by_name("id")
        .unwrap()
        .as_string::<i32>()
        .value(at)
        .to_owned()
}

fn read_movies(path: &Path) -> Vec<(Position, MovieRecord)> {
    let mut rows = Vec::new();
    for batch in batches(path) {
        for row in 0..batch.num_rows() {
            let cell = Cell(&batch, row);
            let position = Position {
                line: cell.integer("source_line").unwrap() as u64,
                byte_offset: cell.integer("source_byte_offset").unwrap() as u64,
                byte_length: cell.integer("source_byte_length").unwrap() as u64,
            };
            let collection = cell.integer("collection_id").map(|id| Named {
                id,
                name: cell.text("collection_name").unwrap(),
            });
            let movie = MovieRecord {
                id: cell.integer("id").unwrap(),
                title: cell.text("title").unwrap(),
                original_title: cell.text("original_title"),
                imdb_id: cell.text("imdb_id"),
                adult: cell.truth("adult"),
                budget: cell.integer("budget"),
                revenue: cell.integer("revenue"),
                popularity: cell.real("popularity"),
                release_date: cell.date("release_date"),
                runtime: cell.real("runtime"),
                status: cell.text("status"),
                original_language: cell.text("original_language"),
                overview: cell.text("overview"),
                tagline: cell.text("tagline"),
                homepage: cell.text("homepage"),
                poster_path: cell.text("poster_path"),
                video: cell.truth("video"),
                vote_average: cell.real("vote_average"),
                vote_count: cell.integer("vote_count"),
                collection,
                genres: cell.list("genres", integer_key),
                companies: cell.list("companies", integer_key),
                countries: cell.list("countries", text_key),
                languages: cell.list("languages", text_key),
                keywords: None,
                uncounted: cell.truth("counted") == Some(false),
            };
            rows.push((position, movie));
        }
    }
    rows
}

#[test]
fn random_movies_come_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movies.parquet");
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let rows: Vec<(Position, MovieRecord)> = (0..ROWS)
        .map(|_| (position(&mut random), movie(&mut random)))
        .collect();
    let mut writer = MovieWriter::create(&path).unwrap();
    for (position, movie) in &rows {
        writer.push(position, movie).unwrap();
    }
    let bytes = writer.finish().unwrap();
    assert_eq!(bytes, std::fs::metadata(&path).unwrap().len());

    let back = read_movies(&path);
    assert_eq!(back.len(), rows.len());
    for (back, row) in back.iter().zip(&rows) {
        assert_eq!(back, row);
    }

    let file = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
    let groups = file.metadata().row_groups();
    assert_eq!(
        groups.iter().map(|group| group.num_rows()).sum::<i64>(),
        ROWS as i64
    );
    assert!(
        groups.len() > 1,
        "one row group however many rows: memory would grow with the file"
    );
    for column in groups.iter().flat_map(|group| group.columns()) {
        assert!(matches!(column.compression(), Compression::ZSTD(_)));
    }
}

#[test]
fn columns_have_the_types_that_other_programs_expect() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movies.parquet");
    let mut writer = MovieWriter::create(&path).unwrap();
    writer
        .push(&Position::default(), &MovieRecord::default())
        .unwrap();
    writer.finish().unwrap();
    let schema = batches(&path).next().unwrap().schema();
    let kind = |name| schema.field_with_name(name).unwrap().data_type().clone();
    assert_eq!(kind("release_date"), DataType::Date32);
    assert_eq!(kind("budget"), DataType::Int64);
    assert_eq!(kind("popularity"), DataType::Float64);
    assert_eq!(kind("adult"), DataType::Boolean);
    assert_eq!(kind("overview"), DataType::Utf8);
    let DataType::List(item) = kind("genres") else {
        panic!("{:?}", kind("genres"));
    };
    let DataType::Struct(fields) = item.data_type() else {
        panic!("{item:?}");
    };
    let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["id", "name"]);
}

#[test]
fn long_texts_end_a_batch_early() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movies.parquet");
    let mut writer = MovieWriter::create(&path).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let noise = |random: &mut ChaCha8Rng| -> String {
        (0..1 << 20)
            .map(|_| char::from(random.random_range(b' '..b'~')))
            .collect()
    };
    let movies: Vec<MovieRecord> = (0..60)
        .map(|id| MovieRecord {
            id,
            overview: Some(noise(&mut random)),
            ..Default::default()
        })
        .collect();
    for movie in &movies {
        let position = Position {
            byte_length: 1 << 20,
            ..Default::default()
        };
        writer.push(&position, movie).unwrap();
    }
    writer.finish().unwrap();
    let file = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
    assert!(
        file.num_row_groups() > 1,
        "60 MB of text were held back for one row group"
    );
    let back: Vec<MovieRecord> = read_movies(&path)
        .into_iter()
        .map(|(_, movie)| movie)
        .collect();
    assert!(back == movies);
}

#[test]
fn rejects_come_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rejects.parquet");
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let rows: Vec<(Position, Reject)> = (0..ROWS)
        .map(|_| {
            let reject = Reject {
                code: Cow::Borrowed(["field_count", "invalid_id"].choose(&mut random).unwrap()),
                severity: *[Severity::Info, Severity::Warning, Severity::Error]
                    .choose(&mut random)
                    .unwrap(),
                rule: Cow::Borrowed(["shape", "id"].choose(&mut random).unwrap()),
                column: maybe(&mut random, |_| "id".into()),
                value: maybe(&mut random, |random| text(random, 20)),
                message: text(&mut random, 20).into(),
            };
            (position(&mut random), reject)
        })
        .collect();
    let mut writer = RejectWriter::create(&path).unwrap();
    for (position, reject) in &rows {
        writer.push(position, reject).unwrap();
    }
    let bytes = writer.finish().unwrap();
    assert_eq!(bytes, std::fs::metadata(&path).unwrap().len());
    let mut wanted = rows.iter();
    for batch in batches(&path) {
        for row in 0..batch.num_rows() {
            let (position, reject) = wanted.next().unwrap();
            let cell = Cell(&batch, row);
            assert_eq!(cell.integer("line"), Some(position.line as i64));
            assert_eq!(
                cell.integer("byte_offset"),
                Some(position.byte_offset as i64)
            );
            assert_eq!(
                cell.integer("byte_length"),
                Some(position.byte_length as i64)
            );
            assert_eq!(cell.text("code").as_deref(), Some(&*reject.code));
            let severity = match reject.severity {
                Severity::Info => "info",
                Severity::Warning => "warning",
                Severity::Error => "error",
            };
            assert_eq!(cell.text("severity").as_deref(), Some(severity));
            assert_eq!(cell.text("rule").as_deref(), Some(&*reject.rule));
            assert_eq!(cell.text("column").as_deref(), reject.column.as_deref());
            assert_eq!(cell.text("value"), reject.value);
            assert_eq!(cell.text("message"), Some(reject.message.to_string()));
        }
    }
    assert_eq!(wanted.next(), None);
}

#[test]
fn a_file_without_rows_is_still_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movies.parquet");
    assert!(MovieWriter::create(&path).unwrap().finish().unwrap() > 0);
    assert_eq!(read_movies(&path), []);
}

#[test]
fn a_file_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent/movies.parquet");
    let error = MovieWriter::create(&path).err().unwrap().to_string();
    assert!(error.contains("absent/movies.parquet"), "{error}");
}

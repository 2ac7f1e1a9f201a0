//! Sources as data: recognised by their header, read as their definition says.
#![allow(clippy::unwrap_used)]

mod common;

use common::real_data;
use entity::ingest::Severity;
use etl::{
    Error,
    read::{self, Terms},
    record::{Issue, MovieRecord, Outcome, Reject, Row},
    source::{Catalog, definition},
};
use std::io::Cursor;

/// All columns of `movies_metadata.csv`.
fn columns() -> Vec<&'static str> {
    common::HEADER.split(',').collect()
}

fn read_under(sources: &Catalog, text: impl AsRef<[u8]>) -> Result<(Vec<Row>, String), Error> {
    let terms = Terms {
        sources: sources.clone(),
        ..Terms::default()
    };
    let mut rows = Vec::new();
    let input = Box::new(Cursor::new(text.as_ref().to_vec()));
    let summary = read::read("m.csv", input, &terms, &mut |row| {
        rows.push(row);
        Ok(())
    })?;
    Ok((rows, summary.source))
}

fn read(text: impl AsRef<[u8]>) -> (Vec<Row>, String) {
    read_under(&Catalog::default(), text).unwrap()
}

fn refusal(sources: &Catalog, text: &str) -> String {
    match read_under(sources, text) {
        Err(Error::Input(message)) => message,
        other => panic!("{other:?}"),
    }
}

fn movie(row: Row) -> Result<(MovieRecord, Vec<Issue>), Reject> {
    match row.outcome {
        Outcome::Movie(movie, issues) => Ok((*movie, issues)),
        Outcome::Reject(reject) => Err(reject),
        Outcome::Companion(..) => panic!("{:?}", row.outcome),
    }
}

/// One movie of `movies_metadata.csv` with these columns changed.
fn parse(changes: &[(&str, &str)]) -> Result<(MovieRecord, Vec<Issue>), Reject> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns()).unwrap();
    let value = |column: &str| {
        let given = changes.iter().find(|(name, _)| *name == column);
        let usual = [("id", "7"), ("title", "T"), ("adult", "False")];
        given
            .or_else(|| usual.iter().find(|(name, _)| *name == column))
            .map_or("", |(_, value)| *value)
    };
    let fields: Vec<&str> = columns().into_iter().map(value).collect();
    writer.write_record(fields).unwrap();
    let (mut rows, source) = read(writer.into_inner().unwrap());
    assert_eq!((rows.len(), source.as_str()), (1, "movies-dataset"));
    movie(rows.remove(0))
}

#[test]
fn numbers_dates_and_lists_are_read() {
    let (record, issues) = parse(&[
        ("budget", "3e7"),
        ("popularity", "8.20E-05"),
        ("release_date", "1995-10-30"),
        ("genres", "[{'id': 16, 'name': 'Animation'}]"),
        ("production_companies", "[{'name': \"L'\\xa0A\", 'id': 3}]"),
        (
            "production_countries",
            "[{'iso_3166_1': 'FR', 'name': 'France'}]",
        ),
        ("revenue", " 1000.0 "),
        ("video", "FALSE"),
        ("original_title", "\u{a0}L'Été "),
    ])
    .unwrap();
    assert!(issues.is_empty(), "{issues:?}");
    assert_eq!(record.budget, Some(30_000_000));
    assert_eq!(record.popularity, Some(8.2e-5));
    assert_eq!(record.release_date.unwrap().to_string(), "1995-10-30");
    assert_eq!((record.revenue, record.video), (Some(1_000), Some(false)));
    assert_eq!(record.original_title.as_deref(), Some("\u{a0}L'Été "));
    assert_eq!(record.overview, None);
    assert_eq!(record.companies[0].name, "L'\u{a0}A");
    assert_eq!(record.countries[0].id, "FR");
}

#[test]
fn a_wrong_field_is_cleared_and_told() {
    for (column, value, code) in [
        ("budget", "lots", "invalid_number"),
        ("runtime", "nan", "invalid_number"),
        ("revenue", "9e99", "invalid_number"),
        ("budget", "\u{a0}5", "invalid_number"),
        ("release_date", "30.10.95", "invalid_date"),
        ("release_date", "1995-2-3", "invalid_date"),
        ("genres", "[{'id': 16", "invalid_list"),
        ("genres", "[{'id': 16}]", "invalid_element"),
        ("genres", "['Animation']", "invalid_element"),
        (
            "genres",
            "[{'id': 1, 'name': 'A'}, {'id': 1, 'name': 'A'}]",
            "repeated_in_list",
        ),
        ("belongs_to_collection", "Toy Story", "invalid_dict"),
    ] {
        let (_, issues) = parse(&[(column, value)]).unwrap();
        let found: Vec<_> = issues
            .iter()
            .map(|i| (&*i.code, i.column.as_deref()))
            .collect();
        assert_eq!(found, [(code, Some(column))], "{value}");
        assert_eq!(issues[0].new_value, None);
        let severity = match code {
            "repeated_in_list" => Severity::Info,
            _ => Severity::Warning,
        };
        assert_eq!(issues[0].severity, severity, "{code}");
    }
}

#[test]
fn an_element_left_out_is_shown_as_it_stood() {
    let twice = "[{'id': 1, 'name': \"L'A\"}, {'name': None, 'id': 2}]";
    let (record, issues) = parse(&[("genres", twice)]).unwrap();
    assert_eq!(record.genres.len(), 1);
    assert_eq!(
        issues[0].old_value.as_deref(),
        Some("{'name': None, 'id': 2}")
    );
}

#[test]
fn what_cannot_be_a_movie_is_rejected() {
    for (column, value, code) in [
        ("id", "1997-08-20", "invalid_id"),
        ("id", "0", "invalid_id"),
        ("adult", " - Written by Ørnås", "shifted_columns"),
        ("production_companies", "False", "shifted_columns"),
        ("budget", "/ff9qCep.jpg", "shifted_columns"),
        ("release_date", "[]", "shifted_columns"),
        ("spoken_languages", "68.0", "shifted_columns"),
    ] {
        let reject = parse(&[(column, value)]).unwrap_err();
        assert_eq!(
            (&*reject.code, reject.column.as_deref()),
            (code, Some(column)),
            "{value}"
        );
        assert_eq!(reject.severity, Severity::Error);
    }
}

#[test]
fn a_spreadsheets_copy_is_read_and_every_assumed_century_told() {
    for (written, expected, assumed) in [
        ("10/30/95", "1995-10-30", true),
        ("1/2/30", "1930-01-02", true),
        ("12/31/29", "2029-12-31", true),
        ("6/1/1923", "1923-06-01", false),
        ("1874-12-09", "1874-12-09", false),
    ] {
        let (record, issues) = parse(&[("release_date", written)]).unwrap();
        assert_eq!(record.release_date.unwrap().to_string(), expected);
        let told: Vec<_> = issues
            .iter()
            .map(|i| (&*i.code, i.old_value.as_deref(), i.new_value.as_deref()))
            .collect();
        let wanted = ("century_assumed", Some(written), Some(expected));
        assert_eq!(told, if assumed { vec![wanted] } else { vec![] });
        assert!(issues.iter().all(|i| i.severity == Severity::Info));
    }
    // Byte order mark, CRLF, capitals.
    let text = format!("\u{feff}{}\r\n", common::HEADER)
        + "FALSE,,0,[],,7,,en,,,8.20E-05,,[],[],10/30/95,0,81,[],Released,,Toy Story,FALSE,7.7,5415\r\n";
    let (rows, _) = read(text);
    let (record, _) = movie(rows[0].clone()).unwrap();
    assert_eq!(
        (record.title.as_str(), record.adult),
        ("Toy Story", Some(false))
    );
    assert_eq!(record.popularity, Some(8.2e-5));
}

#[test]
fn columns_may_stand_in_any_order() {
    let mut header = columns();
    header.reverse();
    let mut fields = vec![""; 24];
    fields[header.iter().position(|c| *c == "id").unwrap()] = "7";
    fields[header.iter().position(|c| *c == "title").unwrap()] = "T";
    let (mut rows, _) = read(format!("{}\n{}\n", header.join(","), fields.join(",")));
    let (record, _) = movie(rows.remove(0)).unwrap();
    assert_eq!((record.id, record.title.as_str()), (7, "T"));
}

#[test]
fn lists_of_json_and_of_names_are_read() {
    let json = "id,title,budget,genres,homepage,keywords,original_language,original_title,overview,popularity,production_companies,production_countries,release_date,revenue,runtime,spoken_languages,status,tagline,vote_average,vote_count
7,T,5,\"[{\"\"id\"\": 16, \"\"name\"\": \"\"Anim\\u00e9\"\"}]\",,\"[{\"\"id\"\": 931, \"\"name\"\": \"\"jealousy\"\"}]\",en,,,1,[],\"[{\"\"iso_3166_1\"\": \"\"FR\"\", \"\"name\"\": \"\"France\"\"}]\",2009-12-10,6,1,[],Released,,7,8
";
    let (mut rows, source) = read(json);
    assert_eq!(source, "tmdb-5000");
    let (record, issues) = movie(rows.remove(0)).unwrap();
    assert!(issues.is_empty(), "{issues:?}");
    assert_eq!(record.genres[0].name, "Animé");
    assert_eq!(record.countries[0].id, "FR");
    assert_eq!(record.keywords.unwrap()[0].id, 931);
    assert_eq!(record.adult, None);

    let names = "id,title,vote_average,vote_count,status,release_date,revenue,runtime,adult,backdrop_path,budget,homepage,imdb_id,original_language,original_title,overview,popularity,poster_path,tagline,genres,production_companies,production_countries,spoken_languages,keywords
7,T,8,9,Released,2010-07-15,1,148,False,/x.jpg,2,,tt1375666,en,T,,83.9,/p.jpg,,\"Action, Science Fiction, Noir\",\"Legendary Pictures, Syncopy\",\"United Kingdom, Atlantis\",\"English, French\",\"rescue, mission\"
8,U,8,9,Released,2010-07-15,1,148,False,/x.jpg,2,,tt1375666,en,T,,83.9,/p.jpg,,Action,Syncopy,,,
";
    let (rows, source) = read(names);
    assert_eq!(source, "tmdb-export");
    let mut records = rows.into_iter().map(|row| movie(row).unwrap().0);
    let (first, second) = (records.next().unwrap(), records.next().unwrap());
    let ids: Vec<i64> = first.genres.iter().map(|named| named.id).collect();
    assert_eq!(ids[..2], [28, 878]);
    assert!(ids[2] < 0, "a name nobody knows gets a key below 0");
    assert_eq!(first.countries[0].id, "GB");
    assert!(first.countries[1].id.starts_with("x-") && first.countries[1].id.len() <= 16);
    assert_eq!(
        first
            .languages
            .iter()
            .map(|l| l.id.as_str())
            .collect::<Vec<_>>(),
        ["en", "fr"]
    );
    assert_eq!(
        first.companies[1], second.companies[0],
        "a name has one key"
    );
    assert_ne!(first.companies[0].id, first.companies[1].id);
    assert_eq!(first.keywords.unwrap().len(), 2);
    assert_eq!(second.keywords, Some(Vec::new()));
}

const VENDOR: &str = r#"
name = "kino"
fills = "movies"
extra_columns = "ignore"
columns = [
  { name = "Film-Nr", aliases = ["Nummer"], field = "id" },
  { name = "Titel", field = "title" },
  { name = "Kosten", field = "budget", optional = true },
  { name = "Start", field = "release_date", optional = true },
  { name = "Note", field = "vote_average", optional = true },
  { name = "Genres", field = "genres", list = "names", separator = "/" },
]
[format]
encoding = "windows-1252"
dates = ["DD.MM.YYYY"]
decimal = ","
thousands = "."
currency = ["€"]
null = ["k. A."]
[keys.genres]
"Komödie" = 35
"#;

fn with_vendor(text: &str) -> Result<Catalog, Error> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kino.toml"), text).unwrap();
    Catalog::load(Some(folder.path()))
}

#[test]
fn a_vendors_definition_is_data() {
    let sources = with_vendor(VENDOR).unwrap();
    let text = "NUMMER,Titel,Kosten,Start,Note,Genres,Verleih\n\
                7,Die B\u{fc}chse,\"1.234.567 \u{80}\",03.09.1929,\"7,5\",Kom\u{f6}die/Drama,Nero\n\
                8,M,k. A.,k. A.,,,\n";
    let bytes: Vec<u8> = text.chars().map(|c| c as u8).collect();
    let (rows, source) = read_under(&sources, bytes).unwrap();
    assert_eq!(source, "kino");
    let mut movies = rows.into_iter().map(|row| movie(row).unwrap());
    let (first, issues) = movies.next().unwrap();
    assert!(issues.is_empty(), "{issues:?}");
    assert_eq!(first.title, "Die Büchse");
    assert_eq!(first.budget, Some(1_234_567));
    assert_eq!(first.release_date.unwrap().to_string(), "1929-09-03");
    assert_eq!(first.vote_average, Some(7.5));
    assert_eq!(first.genres[0].id, 35);
    let (second, issues) = movies.next().unwrap();
    assert!(issues.is_empty(), "{issues:?}");
    assert_eq!((second.budget, second.release_date), (None, None));
}

#[test]
fn every_fault_of_a_definition_is_told_by_file_line_and_column() {
    let wrong = VENDOR
        .replace("field = \"budget\"", "field = \"cost\"")
        .replace("\"DD.MM.YYYY\"", "\"day.month\"")
        .replace("windows-1252", "utf-16")
        .replace("list = \"names\", ", "");
    let message = with_vendor(&wrong).unwrap_err().to_string();
    for part in [
        "kino.toml, line 8, column 30: a source of movies has no field cost",
        "line 11, column 3: this column needs list",
        "line 14, column 12: there is no encoding utf-16",
        "line 15, column 10: a date is written with",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
    for (text, part) in [
        ("name = \"a\"", "missing field `fills`"),
        (
            "name = \"A b\"\nfills = \"movies\"\ncolumns = []",
            "line 1, column 8: a name has",
        ),
        (
            "name = \"a\"\nfills = \"ratings\"\ncolumns = []",
            "needs a column that is not optional with field = \"user_id\"",
        ),
        (
            "name = \"a\"\nfills = \"links\"\ncolumns = [{ name = \"x\", field = \"budget\" }]",
            "line 3, column 34: a source of links has no field budget",
        ),
        (
            "name = \"a\"\nfills = \"movies\"\nother = 1",
            "unknown field `other`",
        ),
    ] {
        let problems = definition::parse(text).unwrap_err();
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(
            told.iter().any(|told| told.contains(part)),
            "{part} in {told:?}"
        );
    }
}

#[test]
fn an_unknown_header_is_refused_with_the_nearest_and_what_differs() {
    let sources = Catalog::default();
    let message = refusal(&sources, "userId,movieId,stars,timestamp\n1,2,3,4\n");
    assert!(
        message.contains("the nearest is ratings, but it lacks rating and it has besides stars"),
        "{message}"
    );
    let message = refusal(&sources, &common::HEADER.replace("tagline,", ""));
    assert!(
        message.contains("the nearest is movies-dataset, but it lacks tagline"),
        "{message}"
    );
    let message = refusal(&sources, "\u{1}\u{2}\u{3}\n");
    assert!(message.contains("binary data"), "{message}");
}

#[test]
fn the_other_vendors_real_file_is_read_whole() {
    let Some(data) = real_data() else { return };
    let path = data.join("tmdb-5000/tmdb_5000_movies.first500.csv");
    let (rows, source) = read(std::fs::read(path).unwrap());
    assert_eq!((rows.len(), source.as_str()), (500, "tmdb-5000"));
    for row in rows {
        let (record, issues) = movie(row).unwrap();
        // One language has no name.
        let left_out = issues.iter().all(|issue| issue.code == "invalid_element");
        assert!(left_out && issues.len() <= 1, "{issues:?}");
        assert!(record.keywords.is_some());
    }
}

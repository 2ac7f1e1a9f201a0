//! Records that are wrong, records that were broken in two, and files that are no movie data at all.
#![allow(clippy::unwrap_used)]

use entity::ingest::Severity;
use etl::{
    Error,
    read::{self, ReadOptions, Terms},
    record::{MovieRecord, Outcome, Position, Row},
};
use std::io::Cursor;

const COLUMNS: &str = "adult,belongs_to_collection,budget,genres,homepage,id,imdb_id,original_language,original_title,overview,popularity,poster_path,production_companies,production_countries,release_date,revenue,runtime,spoken_languages,status,tagline,title,video,vote_average,vote_count";

fn terms(options: &ReadOptions) -> Terms {
    Terms {
        options: options.clone(),
        ..Terms::default()
    }
}

fn read_with(text: impl AsRef<[u8]>, options: &ReadOptions) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    let input = Box::new(Cursor::new(text.as_ref().to_vec()));
    read::read("m.csv", input, &terms(options), &mut |row| {
        if let Outcome::Reject(reject) = &row.outcome {
            assert_eq!(reject.severity, Severity::Error, "{reject:?}");
        }
        rows.push(row);
        Ok(())
    })?;
    Ok(rows)
}

fn rows(text: impl AsRef<[u8]>) -> Vec<Row> {
    read_with(text, &ReadOptions::default()).unwrap()
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

fn outcomes(text: impl AsRef<[u8]>) -> Vec<String> {
    rows(text).iter().map(short).collect()
}

fn raw(bytes: &[u8], position: Position) -> &[u8] {
    let from = position.byte_offset as usize;
    &bytes[from..from + position.byte_length as usize]
}

/// A record with these values in these columns, unquoted.
fn line(values: &[(&str, &str)]) -> String {
    let mut fields = [""; 24];
    for (column, value) in [("id", "7"), ("title", "T")].iter().chain(values) {
        fields[COLUMNS.split(',').position(|name| name == *column).unwrap()] = value;
    }
    fields.join(",")
}

fn file(lines: &[&str]) -> String {
    format!("{COLUMNS}\n{}\n", lines.join("\n"))
}

#[test]
fn a_record_broken_in_two_becomes_one_row_again() {
    let whole = line(&[
        ("id", "82663"),
        ("overview", "Avalanche\n - Written by Ørnås"),
        ("video", "False"),
    ]);
    for end in ["\n", "\r\n"] {
        let text = file(&[&line(&[]), &whole, &line(&[("id", "9")])]).replace('\n', end);
        let rows = rows(&text);
        assert_eq!(
            rows.iter().map(short).collect::<Vec<_>>(),
            ["7", "82663 rejoined", "9"]
        );
        let Outcome::Movie(_, issues) = &rows[1].outcome else {
            panic!("{:?}", rows[1]);
        };
        assert_eq!(issues[0].severity, Severity::Warning);
        let joined = movie(&rows[1]).unwrap();
        assert_eq!(
            joined.overview.as_deref(),
            Some("Avalanche\n - Written by Ørnås")
        );
        assert_eq!((rows[1].position.line, rows[2].position.line), (3, 5));
        assert_eq!(
            raw(text.as_bytes(), rows[1].position),
            whole.replace('\n', end).as_bytes()
        );
    }
}

#[test]
fn a_short_record_that_does_not_belong_to_the_next_is_rejected_alone() {
    let (stub, tail) = ("a,b,c,d,e,f,g,h,i,j", ",".repeat(14));
    let fifteen = line(&[]).rsplitn(10, ',').last().unwrap().to_owned();
    for (lines, expected) in [
        (vec![stub, &line(&[])], vec!["field_count -", "7"]),
        (
            vec![stub, stub, &line(&[])],
            vec!["field_count -", "field_count -", "7"],
        ),
        // Joined they have 24 fields, but no movie is in them.
        (
            vec![stub, &tail, &line(&[])],
            vec!["field_count -", "field_count -", "7"],
        ),
        (
            vec![&fifteen, &tail[..8], &line(&[])],
            vec!["field_count -", "field_count -", "7"],
        ),
        (vec![&line(&[]), stub], vec!["7", "field_count -"]),
        (vec![&(line(&[]) + ",")], vec!["field_count -"]),
    ] {
        assert_eq!(outcomes(file(&lines)), expected, "{lines:?}");
    }
}

#[test]
fn what_cannot_be_a_movie_is_rejected_with_its_reason() {
    for (column, value, expected) in [
        ("id", "", "invalid_id id"),
        ("id", "-5", "invalid_id id"),
        ("id", "tt0114709", "invalid_id id"),
        ("id", "7.5", "invalid_id id"),
        ("title", "", "missing_title title"),
        ("title", " \u{a0}", "missing_title title"),
        ("adult", " - Written by Ørnås", "shifted_columns adult"),
        ("video", "7.7", "shifted_columns video"),
        ("budget", "/ff9qCep.jpg", "shifted_columns budget"),
        ("revenue", "[]", "shifted_columns revenue"),
        ("release_date", "/x.jpg", "shifted_columns release_date"),
        (
            "production_companies",
            "False",
            "shifted_columns production_companies",
        ),
        (
            "spoken_languages",
            "68.0",
            "shifted_columns spoken_languages",
        ),
    ] {
        assert_eq!(
            outcomes(file(&[&line(&[(column, value)])])),
            [expected],
            "{column} {value}"
        );
    }
    let mut bytes = file(&[&line(&[("title", "caf?")]), &line(&[])]).into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'?').unwrap();
    bytes[at] = 0xe9;
    assert_eq!(outcomes(&bytes), ["invalid_utf8 title", "7"]);
}

#[test]
fn a_file_that_ends_within_a_record_is_told_from_one_without_a_last_line_ending() {
    let full = file(&[&line(&[]), &line(&[("vote_count", "5")])]);
    let full = full.trim_end();
    assert_eq!(outcomes(full), ["7", "7"]);
    assert_eq!(
        outcomes(&full[..full.len() - 4]),
        ["7", "truncated_record -"]
    );
    let quoted = file(&[
        &line(&[("id", "8")]),
        &line(&[("overview", "\"the end of the")]),
    ]);
    assert_eq!(outcomes(&quoted), ["8", "truncated_record -"]);
    // A quote inside an unquoted field opens nothing.
    let inches = file(&[&line(&[("tagline", "a 5\" disc")])]);
    assert_eq!(outcomes(inches.trim_end()), ["7"]);
}

#[test]
fn a_record_too_long_is_rejected_and_those_around_it_are_read() {
    let options = ReadOptions {
        max_record_bytes: 1_000,
        ..ReadOptions::default()
    };
    let long = format!("\"{}\"", "line\n".repeat(30_000));
    for (overview, expected) in [
        (long.as_str(), "record_too_long -"),
        (&"x".repeat(1_000 - line(&[]).len()), "7"),
        (&"x".repeat(1_001 - line(&[]).len()), "record_too_long -"),
    ] {
        let text = file(&[
            &line(&[("id", "6")]),
            &line(&[("overview", overview)]),
            &line(&[("id", "8")]),
        ]);
        let rows = read_with(&text, &options).unwrap();
        assert_eq!(
            rows.iter().map(short).collect::<Vec<_>>(),
            ["6", expected, "8"]
        );
        assert_eq!(
            raw(text.as_bytes(), rows[1].position),
            line(&[("overview", overview)]).as_bytes()
        );
    }
}

#[test]
fn a_file_of_no_known_kind_is_refused_with_the_remedy() {
    let lacks = COLUMNS
        .replace("revenue,", "")
        .replace("title,video", "headline,title,video")
        + "\n1\n";
    for (bytes, parts) in [
        (b"".as_slice(), ["m.csv", "is empty", "again"]),
        (b"\xef\xbb\xbf\n\n", ["m.csv", "is empty", "again"]),
        (
            lacks.as_bytes(),
            ["movies-dataset", "lacks revenue", "headline"],
        ),
        (b"a\0b,c\n1,2\n", ["line 1", "binary", "UTF-8"]),
        (b"\xff\xfea\0d\0", ["line 1", "binary", "UTF-8"]),
        (b"id,title\n1,x\n", ["line 1", "lacks keywords", "Send"]),
    ] {
        let Err(Error::Input(message)) = read_with(bytes, &ReadOptions::default()) else {
            panic!("{:?} was taken", String::from_utf8_lossy(bytes));
        };
        for part in parts {
            assert!(message.contains(part), "{part:?} is not in: {message}");
        }
    }
    assert!(outcomes(COLUMNS).is_empty());
    let respelt = format!(
        "\u{feff}{}\r\n{}\r\n",
        COLUMNS.replace(',', " , ").to_uppercase(),
        line(&[])
    );
    assert_eq!(outcomes(respelt), ["7"]);
}

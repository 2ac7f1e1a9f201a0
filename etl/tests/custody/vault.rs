//! A world whose archive is looked at as the store itself sees it.

use crate::common::{Line, World, engines, file};
use entity::{
    access::audit_event,
    ingest::{RunMode, Trigger, archive_object, archive_removal, run, source_file},
    mart::movie,
};
use etl::{
    Error, Result,
    archive::{Archive, path_in},
    asker::By,
    control, lineage, queue,
    record::Position,
    verify,
};
use futures::TryStreamExt;
use object_store::{ObjectStore, aws::AmazonS3Builder, local::LocalFileSystem, path::Path};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::{collections::BTreeSet, sync::Arc};

pub const ADA: By = By {
    actor: "ada",
    address: None,
};

/// A world, and its archive as the store itself sees it.
pub struct Vault {
    pub world: World,
    pub store: Arc<dyn ObjectStore>,
    pub prefix: Path,
}

/// One for each engine and kind of archive.
pub async fn vaults() -> Vec<(String, Vault)> {
    let mut vaults = Vec::new();
    for engine in engines() {
        let name = engine.as_ref().map_or("SQLite", |_| "MariaDB").to_owned();
        let world = World::new(&engine).await;
        let folder = world.folder.path().join("archive");
        let store = Arc::new(LocalFileSystem::new_with_prefix(folder).unwrap());
        let vault = Vault {
            world,
            store,
            prefix: Path::default(),
        };
        vaults.push((format!("{name}, folder"), vault));
        let Ok(endpoint) = std::env::var("MARQUEE_TEST_S3") else {
            eprintln!("MARQUEE_TEST_S3 is not set: no S3");
            continue;
        };
        let prefix = format!("custody/{:016x}", rand::random::<u64>());
        let variables = [
            ("AWS_ENDPOINT", &*endpoint),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ];
        let builder = variables
            .iter()
            .fold(AmazonS3Builder::new(), |builder, (key, value)| {
                builder.with_config(key.to_ascii_lowercase().parse().unwrap(), *value)
            });
        let store = builder.with_bucket_name("marquee").build().unwrap();
        let variables = variables.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let archive = Archive::open_with(&format!("s3://marquee/{prefix}"), variables).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault {
            world: World::with_archive(&engine, folder, archive).await,
            store: Arc::new(store),
            prefix: Path::from(prefix),
        };
        vaults.push((format!("{name}, S3"), vault));
    }
    vaults
}

impl Vault {
    pub fn db(&self) -> &sea_orm::DatabaseConnection {
        &self.world.chain.db
    }

    /// What lies in the archive.
    pub async fn objects(&self) -> BTreeSet<String> {
        let prefix = Some(&self.prefix).filter(|prefix| !prefix.as_ref().is_empty());
        let objects = self.store.list(prefix).try_collect::<Vec<_>>().await;
        let objects = objects.unwrap().into_iter().map(|object| {
            let path = object.location.as_ref();
            let path = path.strip_prefix(self.prefix.as_ref()).unwrap();
            path.trim_start_matches('/').to_owned()
        });
        objects
            .filter(|path| !path.starts_with(".incoming"))
            .collect()
    }

    /// What the records say lies there; they must agree with one another.
    pub async fn records(&self) -> BTreeSet<String> {
        let objects = archive_object::Entity::find().all(self.db()).await.unwrap();
        let paths: BTreeSet<String> = objects.into_iter().map(|object| object.path).collect();
        for file in source_file::Entity::find().all(self.db()).await.unwrap() {
            let there = file.deleted_at.is_none();
            assert_eq!(paths.contains(&file.archive_path), there, "{file:?}");
            assert_eq!(file.archive_path, path_in(file.area, &file.sha256));
        }
        paths
    }

    pub async fn check(&self, when: &str) {
        assert_eq!(self.objects().await, self.records().await, "{when}");
        let noted = archive_removal::Entity::find()
            .all(self.db())
            .await
            .unwrap();
        assert!(noted.is_empty(), "{when}: {noted:?}");
    }

    pub async fn file_of(&self, run: &run::Model) -> source_file::Model {
        queue::file_of(self.db(), run).await.unwrap().unwrap()
    }

    pub async fn raw(&self, run: &run::Model) -> Result<String> {
        let movie = movie::Entity::find_by_id(1).one(self.db()).await?.unwrap();
        let position = Position {
            line: movie.line as u64,
            byte_offset: movie.byte_offset as u64,
            byte_length: movie.byte_length as u64,
        };
        let file = self.file_of(run).await;
        lineage::raw(
            self.db(),
            &self.world.chain.archive,
            &run.file_name,
            &file,
            &position,
        )
        .await
    }

    pub async fn verified(&self) {
        let report = verify::verify(&self.world.chain);
        let report = report.await.unwrap();
        assert!(report.is_clean(), "{report:?}");
    }

    pub async fn again(&self, sha256: &str) -> Result<run::Model> {
        let (db, by) = (self.db(), Trigger::Command);
        let id = control::reprocess_file(db, sha256, by, 1, RunMode::Merge).await?;
        queue::run_now(&self.world.chain, id).await
    }

    /// What was done to files, and by whom.
    pub async fn trail(&self) -> Vec<(String, Option<String>, Option<String>)> {
        let events = audit_event::Entity::find()
            .filter(audit_event::Column::Action.starts_with("file."))
            .order_by_asc(audit_event::Column::Id);
        let events = events.all(self.db()).await.unwrap().into_iter();
        let events = events.inspect(|event| assert_eq!(event.actor, "ada"));
        events
            .map(|event| (event.action, event.value_before, event.value_after))
            .collect()
    }
}

pub fn two_movies_and_a_reject() -> String {
    let line = Line::default();
    let bad = Line {
        id: -1,
        ..line.clone()
    };
    let second = Line {
        id: 2,
        ..line.clone()
    };
    file(&[line, bad, second])
}

pub fn refused<T: std::fmt::Debug>(result: Result<T>, words: &[&str]) {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Input(_)), "{error:?}");
    for word in words {
        assert!(error.to_string().contains(word), "{word} in {error}");
    }
}

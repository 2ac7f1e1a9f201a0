//! Leases, fences, restarts: a run is merged once, whatever happens to its worker or its database.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Line, World, engines, file};
use entity::{ingest::*, mart};
use etl::{chain::Chain, database, inbox::Arrival, queue, sample};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait, TransactionTrait};
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn what_a_deadlock_took_back_is_done_again() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        for id in [1, 2] {
            let sql = format!("INSERT INTO genre (id, name) VALUES ({id}, 'A')");
            db.execute_unprepared(&sql).await.unwrap();
        }
        let tries = AtomicUsize::new(0);
        // Each holds what the other wants: on SQLite, where one writes at a time, they only wait.
        let both = async |first: i64, second: i64| {
            database::retried(|| async {
                tries.fetch_add(1, Ordering::Relaxed);
                let tx = database::begin(db).await?;
                for id in [first, second] {
                    let sql = "UPDATE genre SET movie_count = movie_count + 1 WHERE id = ?";
                    database::execute(&tx, sql, [id.into()]).await?;
                    tokio::time::sleep(Duration::from_millis(300)).await;
                }
                Ok(tx.commit().await?)
            })
            .await
        };
        let (one, two) = tokio::join!(both(1, 2), both(2, 1));
        one.unwrap();
        two.unwrap();
        let again = tries.into_inner() - 2;
        assert_eq!(again > 0, engine.is_some(), "{again} tries more");
        let genres = mart::genre::Entity::find().all(db).await.unwrap();
        assert!(genres.iter().all(|genre| genre.movie_count == 2));
        world.close().await;
    }
}

#[tokio::test]
async fn an_arrival_is_queued_once_by_all_instances_together() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let path = world.folder.path().join("a.csv");
        std::fs::write(&path, file(&[Line::default()])).unwrap();
        let arrived = Arrival {
            path,
            bytes: 10,
            modified: SystemTime::UNIX_EPOCH + Duration::from_secs(5),
            is_dir: false,
        };
        let db = &world.chain.db;
        let (one, two) = tokio::join!(
            queue::enqueue_arrival(db, &arrived, 1),
            queue::enqueue_arrival(db, &arrived, 1)
        );
        let queued: Vec<i64> = [one.unwrap(), two.unwrap()].into_iter().flatten().collect();
        assert_eq!(queued.len(), 1);
        assert_eq!(queue::enqueue_arrival(db, &arrived, 1).await.unwrap(), None);
        let changed = Arrival {
            bytes: 11,
            ..arrived
        };
        assert!(
            queue::enqueue_arrival(db, &changed, 1)
                .await
                .unwrap()
                .is_some()
        );
        assert_eq!(run::Entity::find().count(db).await.unwrap(), 2);
        world.close().await;
    }
}

#[tokio::test]
async fn two_workers_share_the_queue_and_merge_each_run_once() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let mut ids = Vec::new();
        for n in 1..=6 {
            let path = world.folder.path().join(format!("{n}.csv"));
            let lines = [n, 100].map(|id| Line {
                id,
                title: format!("Film {n}"),
                ..Line::default()
            });
            std::fs::write(&path, file(&lines)).unwrap();
            let queued =
                queue::enqueue(&world.chain.db, &path, Trigger::Inbox, 1, RunMode::Merge).await;
            ids.push(queued.unwrap());
        }
        let shutdown = CancellationToken::new();
        let workers: Vec<_> = ["one", "two"]
            .map(|worker| {
                let chain = Chain {
                    worker: worker.to_owned(),
                    ..world.chain.clone()
                };
                tokio::spawn(queue::work(
                    chain,
                    Arc::new(Notify::new()),
                    shutdown.clone(),
                ))
            })
            .into();
        for id in ids {
            wait_for(&world.chain, id, RunStatus::Succeeded).await;
        }
        shutdown.cancel();
        for worker in workers {
            worker.await.unwrap().unwrap();
        }
        let db = &world.chain.db;
        assert_eq!(data_version::Entity::find().count(db).await.unwrap(), 6);
        assert_eq!(mart::movie::Entity::find().count(db).await.unwrap(), 7);
        let report = etl::verify::verify(&world.chain).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        world.close().await;
    }
}

#[tokio::test]
async fn a_run_whose_worker_died_is_taken_over_and_starts_again() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let path = world.folder.path().join("a.csv");
        std::fs::write(&path, file(&[Line::default()])).unwrap();
        let db = &world.chain.db;
        let id = queue::enqueue(db, &path, Trigger::Inbox, 1, RunMode::Merge)
            .await
            .unwrap();
        // Another worker took it, staged a row and fell silent two minutes ago.
        database::execute(
            db,
            "UPDATE job SET fence = 1, attempts = 1, lease_owner = 'dead', lease_until = ?",
            [(chrono::Utc::now() - chrono::TimeDelta::minutes(2)).into()],
        )
        .await
        .unwrap();
        database::execute(
            db,
            "INSERT INTO staging_genre (run_id, line, id, name) VALUES (?, 2, 99, 'left over')",
            [id.into()],
        )
        .await
        .unwrap();
        let run = queue::run_now(&world.chain, id).await.unwrap();
        assert_eq!(run.status, RunStatus::Succeeded);
        assert_eq!(mart::genre::Entity::find().count(db).await.unwrap(), 1);
        world.close().await;
    }
}

#[tokio::test]
async fn a_worker_that_was_cut_off_cannot_write_late() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let path = world.folder.path().join("a.csv");
        std::fs::write(&path, file(&[Line::default()])).unwrap();
        let db = &world.chain.db;
        let id = queue::enqueue(db, &path, Trigger::Inbox, 1, RunMode::Merge)
            .await
            .unwrap();
        let job = job::Entity::find().one(db).await.unwrap().unwrap();
        // This lease is the first taking; since then the job has been taken again.
        let stale = queue::Lease {
            job_id: job.id,
            run_id: id,
            fence: 1,
            lost: CancellationToken::new(),
            locked: CancellationToken::new(),
        };
        database::execute(db, "UPDATE job SET fence = 2", [])
            .await
            .unwrap();
        let result = etl::run::execute(&world.chain, &stale, Some(&path)).await;
        assert!(matches!(result, Err(etl::Error::LeaseLost)), "{result:?}");
        assert_eq!(mart::movie::Entity::find().count(db).await.unwrap(), 0);
        assert_eq!(data_version::Entity::find().count(db).await.unwrap(), 0);
        world.close().await;
    }
}

#[tokio::test]
async fn a_database_that_goes_away_is_waited_for_and_the_run_starts_again() {
    if Command::new("mariadbd")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        eprintln!("mariadbd is absent: skipped");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::new(folder.path());
    server.start();
    let url = format!("mysql://root@127.0.0.1:{}/test", server.port);
    let db = loop {
        match database::connect(&url).await {
            Ok(db) => break db,
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    Migrator::up(&db, None).await.unwrap();
    let world = World::new(&None).await;
    let chain = Chain {
        db,
        ..world.chain.clone()
    };
    let path = folder.path().join("sample.csv");
    sample::write(20_000, 3, &mut std::fs::File::create(&path).unwrap()).unwrap();
    let id = queue::enqueue(&chain.db, &path, Trigger::Inbox, 1, RunMode::Merge)
        .await
        .unwrap();
    let lock = chain.db.begin().await.unwrap();
    lock.execute_unprepared("LOCK TABLES movie READ")
        .await
        .unwrap();
    let shutdown = CancellationToken::new();
    let worker = tokio::spawn(queue::work(
        chain.clone(),
        Arc::new(Notify::new()),
        shutdown.clone(),
    ));

    // Cut the power once rows have been staged; the lock keeps the merge from being quicker.
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let found = run::Entity::find_by_id(id).one(&chain.db).await;
        if found.unwrap().unwrap().rows_read > 0 {
            break;
        }
        assert!(Instant::now() < deadline, "nothing was staged in a minute");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.kill();
    drop(lock);
    server.start();
    let run = wait_for(&chain, id, RunStatus::Succeeded).await;
    assert!(run.rows_inserted > 19_000, "{run:?}");
    let job = job::Entity::find().one(&chain.db).await.unwrap().unwrap();
    assert!(job.attempts >= 2, "{job:?}");
    let report = etl::verify::verify(&chain).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    shutdown.cancel();
    worker.await.unwrap().unwrap();
    server.kill();
}

async fn wait_for(chain: &Chain, run_id: i64, status: RunStatus) -> run::Model {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let found = run::Entity::find_by_id(run_id).one(&chain.db).await;
        if let Ok(Some(run)) = found {
            assert_ne!(run.status, RunStatus::Failed, "{:?}", run.error);
            if run.status == status {
                return run;
            }
        }
        assert!(
            Instant::now() < deadline,
            "run {run_id} is not {status:?} in time"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A MariaDB server of the test's own.
struct Server {
    data: std::path::PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Server {
    fn new(folder: &Path) -> Self {
        let data = folder.join("data");
        let installed = Command::new("mariadb-install-db")
            .arg("--no-defaults")
            .arg("--auth-root-authentication-method=normal")
            .arg(format!("--datadir={}", data.display()))
            .args(user())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(installed.success());
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        Self {
            data,
            port,
            child: None,
        }
    }

    fn start(&mut self) {
        let child = Command::new("mariadbd")
            .arg("--no-defaults")
            .arg(format!("--datadir={}", self.data.display()))
            .arg(format!("--socket={}", self.data.join("socket").display()))
            .arg(format!("--port={}", self.port))
            .args(["--bind-address=127.0.0.1", "--innodb-buffer-pool-size=64M"])
            .args(user())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// MariaDB refuses to run as root unless it is told to; a test of root's keeps its files.
fn user() -> [&'static str; 1] {
    ["--user=root"]
}

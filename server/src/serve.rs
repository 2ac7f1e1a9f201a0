//! A whole instance: API, UI, inbox watcher and worker in one process.

use crate::{
    app::{self, App},
    auth::{self, AccessError, audit::COMMAND_LINE, password, user},
    config::{Access, Config, Inbox},
    graphql::Services,
    listen::{self, Limits},
    live::{Live, feed::Feed, watch},
    observe::Metrics,
    rest::spool::Spool,
};
use anyhow::{Context, Result};
use chrono::Utc;
use entity::ingest::run;
use etl::{
    archive::Archive,
    chain::Chain,
    custody, database,
    inbox::{self, Arrival, InboxOptions},
    instance, queue, rules, search,
    source::Catalog,
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{DatabaseConnection, EntityTrait, PaginatorTrait};
use secrecy::ExposeSecret;
use std::{io::Write, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{Notify, Semaphore, mpsc},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// How long requests and runs may go on once the process was told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// The stores of a configuration, the database brought to the newest schema.
///
/// # Errors
/// When a store cannot be opened.
pub async fn open(config: &Config) -> Result<Chain> {
    let stores = &config.stores;
    let sources = Catalog::load(config.sources.as_deref()).context("MARQUEE_SOURCES")?;
    let db = database::connect(stores.database.expose())
        .await
        .with_context(|| format!("opening the database {}", stores.database))?;
    Migrator::up(&db, None)
        .await
        .with_context(|| format!("migrating the database {}", stores.database))?;
    search::index::ensure(&db)
        .await
        .with_context(|| format!("indexing the database {}", stores.database))?;
    let archive = Archive::open(stores.archive.expose())?;
    Ok(Chain {
        db,
        archive,
        sources,
        worker: worker_name(),
        news: Arc::default(),
    })
}

/// This process's name in leases.
fn worker_name() -> String {
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let host = host.trim();
    let host = if host.is_empty() { "host" } else { host };
    format!("{host}-{}", std::process::id())
}

/// An instance that is running.
pub struct Instance {
    /// Where it answers, if it does.
    pub address: Option<SocketAddr>,
    shutdown: CancellationToken,
    tasks: JoinSet<Result<()>>,
    /// What requests read through.
    reading: Option<DatabaseConnection>,
}

impl Instance {
    /// Starts everything that the configuration's roles ask for.
    ///
    /// # Errors
    /// When the address is taken or the inbox cannot be made.
    pub async fn start(config: &Config, chain: Chain) -> Result<Self> {
        let shutdown = CancellationToken::new();
        let wake = Arc::new(Notify::new());
        let mut tasks = JoinSet::new();
        let own = instance::Instance {
            name: chain.worker.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: Utc::now(),
            workers: i32::from(config.roles.worker),
        };
        own.beat(&chain.db).await.context("table instance")?;
        let mut address = None;
        let mut reading = None;
        if config.roles.api {
            let database = &config.stores.database;
            let db = database::reading::connect(database.expose(), config.limits.timeout)
                .await
                .with_context(|| format!("opening the database {database}"))?;
            reading = Some(db.clone());
            let feed = Arc::new(Feed::new(chain.news.clone()));
            let live = Live::new(feed.clone(), config.sockets.clone(), shutdown.clone());
            let services = Services {
                db,
                work: chain.db.clone(),
                limits: config.limits.clone(),
                archive: chain.archive.clone(),
                sources: chain.sources.clone(),
                wake: wake.clone(),
                news: chain.news.clone(),
                feed,
                access: auth::Access::new(chain.db.clone(), &config.access, config.limits.rate),
                previews: Semaphore::new(1),
                instance: own.clone(),
                inbox: config.roles.worker.then(|| config.inbox.path.clone()),
            };
            let spool = Spool::open(&config.uploads).context("MARQUEE_UPLOADS")?;
            let (parts, stop) = (spool.clone(), shutdown.clone());
            tasks.spawn(async move {
                parts.keep(stop).await;
                Ok(())
            });
            let app = App::new(services, spool, Metrics::install()?, live.clone())?;
            let listen = config.http.listen;
            let listener = TcpListener::bind(listen)
                .await
                .with_context(|| format!("MARQUEE_LISTEN: {listen} cannot be listened at"))?;
            address = Some(listener.local_addr()?);
            let limits = Limits {
                proxies: app.services.access.proxies.clone(),
                ..Limits::default()
            };
            let (services, sockets) = (app.services.clone(), live.clone());
            tasks.spawn(async move {
                watch::watch(services, live).await;
                Ok(())
            });
            tasks.spawn(async move {
                sockets.ended().await;
                Ok(())
            });
            let stop = shutdown.clone();
            tasks.spawn(async move {
                listen::serve(listener, app::router(app), limits, stop).await;
                Ok(())
            });
        }
        let (db, stop) = (chain.db.clone(), shutdown.clone());
        tasks.spawn(async move {
            own.keep(db, stop).await;
            Ok(())
        });
        if config.roles.worker {
            let (sender, arrivals) = mpsc::channel(64);
            tasks.spawn(watch(config.inbox.clone(), sender, shutdown.clone()));
            tasks.spawn(take_in(
                chain.clone(),
                arrivals,
                wake.clone(),
                shutdown.clone(),
            ));
            let (stores, stop) = (chain.clone(), shutdown.clone());
            tasks.spawn(async move {
                custody::removal::keep(stores, stop).await;
                Ok(())
            });
            let stop = shutdown.clone();
            tasks.spawn(async move { Ok(queue::work(chain, wake, stop).await?) });
        }
        Ok(Self {
            address,
            shutdown,
            tasks,
            reading,
        })
    }

    /// Waits until a part stops or the process is told to, then stops everything else in good order.
    ///
    /// # Errors
    /// The first part's that failed.
    pub async fn run(mut self) -> Result<()> {
        let mut result = tokio::select! {
            () = told_to_stop() => Ok(()),
            ended = self.tasks.join_next() => match ended {
                Some(ended) => ended.context("a part of the server panicked").flatten(),
                None => Ok(()),
            },
        };
        if result.is_ok() {
            tracing::info!("stopping");
        }
        let stopped = self.stop().await;
        if result.is_ok() {
            result = stopped;
        }
        result
    }

    /// Stops everything; what is under way may go on for a while, runs are given back to the queue.
    ///
    /// # Errors
    /// The first part's that failed.
    pub async fn stop(mut self) -> Result<()> {
        self.shutdown.cancel();
        let rest = async {
            let mut result = Ok(());
            while let Some(ended) = self.tasks.join_next().await {
                let ended = ended.context("a part of the server panicked").flatten();
                result = result.and(ended);
            }
            result
        };
        let result = match tokio::time::timeout(GRACE, rest).await {
            Ok(result) => result,
            // Dropping the set ends what is left; an unfinished run's lease runs out by itself.
            Err(_) => Ok(()),
        };
        if let Some(reading) = &self.reading {
            reading.close_by_ref().await?;
        }
        result
    }
}

/// Watches the inbox.
async fn watch(
    inbox: Inbox,
    sender: mpsc::Sender<Arrival>,
    shutdown: CancellationToken,
) -> Result<()> {
    let mut options = InboxOptions::new(inbox.path);
    options.poll = inbox.poll;
    Ok(inbox::watch(options, sender, shutdown).await?)
}

/// Queues what has arrived; a database that is away is waited for.
async fn take_in(
    chain: Chain,
    mut arrivals: mpsc::Receiver<Arrival>,
    wake: Arc<Notify>,
    shutdown: CancellationToken,
) -> Result<()> {
    while let Some(arrival) = arrivals.recv().await {
        let mut pause = Duration::from_millis(500);
        loop {
            let queued = async {
                let version = rules::store::newest(&chain.db).await?;
                queue::enqueue_arrival(&chain.db, &arrival, version).await
            };
            match queued.await {
                Ok(Some(run)) => {
                    tracing::info!(run, "{} has arrived", arrival.path.display());
                    wake.notify_one();
                    chain.news.notify_one();
                    break;
                }
                Ok(None) => break,
                Err(error) => tracing::error!("queueing {}: {error}", arrival.path.display()),
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                // The next start finds the file again.
                () = shutdown.cancelled() => return Ok(()),
            }
            pause = (pause * 2).min(Duration::from_secs(30));
        }
    }
    Ok(())
}

/// Returns when the process is asked to end.
pub async fn told_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

/// Makes the first administrator where there is no user yet; answers the password if it was made up here.
///
/// # Errors
/// When the database does not answer.
pub async fn first_user(db: &DatabaseConnection, access: &Access) -> Result<Option<String>> {
    if user::any(db).await? {
        return Ok(None);
    }
    let made_up = access.admin_password.is_none();
    let password = access
        .admin_password
        .clone()
        .unwrap_or_else(password::random);
    let roles = ["admin".to_owned()];
    match user::add(db, user::ADMIN, &password, &roles, COMMAND_LINE).await {
        Ok(()) => Ok(made_up.then(|| password.expose_secret().to_owned())),
        // Another instance was faster, and has said its password.
        Err(AccessError::Exists(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Runs an instance until the process is told to stop.
///
/// # Errors
/// When a store cannot be opened, the address is taken, or a part fails for good.
pub async fn serve(config: &Config) -> Result<()> {
    let chain = open(config).await?;
    let password = first_user(&chain.db, &config.access).await?;
    let unused = run::Entity::find().count(&chain.db).await? == 0;
    let instance = Instance::start(config, chain).await?;
    greet(config, instance.address, password.as_deref(), unused)?;
    instance.run().await
}

/// Tells the person at the terminal where to go.
fn greet(
    config: &Config,
    address: Option<SocketAddr>,
    password: Option<&str>,
    unused: bool,
) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let inbox = config.inbox.path.display();
    match address {
        Some(address) => writeln!(out, "Marquee is at http://{address}/")?,
        None => writeln!(
            out,
            "Marquee works without an address of its own (MARQUEE_ROLES=worker)"
        )?,
    }
    if let Some(password) = password {
        writeln!(out, "Sign in as admin with the password {password}")?;
        writeln!(
            out,
            "(shown this once; `marquee user passwd admin` sets another)"
        )?;
    }
    if unused && config.roles.worker {
        writeln!(
            out,
            "Nothing has been loaded yet: drop movies_metadata.csv into {inbox}/,"
        )?;
        writeln!(
            out,
            "or let `make sample` put a made-up file of 5,000 rows there."
        )?;
    }
    out.flush()?;
    Ok(())
}

//! What looks for changes, once for everybody.
//!
//! Runs carry the time of their last change. Every look reads which runs have changed within the last minute (an
//! index has that), and loads those that are not as they were at the look before. A minute is far more than a
//! transaction takes from naming the time to its end, or than the clocks of instances differ.

use super::{
    Live,
    feed::{Change, Version},
};
use crate::{
    auth::viewers::viewers,
    graphql::{Services, load::Moment},
};
use chrono::{DateTime, TimeDelta, Utc};
use entity::ingest::run;
use etl::database;
use sea_orm::{DatabaseConnection, DbErr, FromQueryResult};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// From one look to the next.
const PAUSE: Duration = Duration::from_millis(250);
/// How long the looks that follow news wait for more of it.
const SETTLING: Duration = Duration::from_millis(20);
/// The longest pause while the database does not answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How far back a look goes.
const WINDOW: TimeDelta = TimeDelta::seconds(60);
/// How often it is asked whether sessions still hold.
const CHECK: Duration = Duration::from_millis(500);
/// How many runs are loaded at a time.
const MAX_LOADED: usize = 1024;

/// Looks for changes while somebody is there, until the instance stops; news of this instance's own brings the next
/// look forward.
pub async fn watch(services: Arc<Services>, live: Live) {
    let work = async {
        loop {
            live.feed.awaited().await;
            look_on(&services, &live).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = live.shutdown.cancelled() => {}
    }
}

/// Looks again and again until nobody is left.
async fn look_on(services: &Services, live: &Live) {
    let (mut seen, mut checked) = (None, Instant::now());
    let mut pause = PAUSE;
    while !live.feed.is_deserted() {
        let looked = async {
            look(&services.work, live, &mut seen).await?;
            if checked.elapsed() >= CHECK {
                let proofs = live.audience.proofs();
                let found = viewers(&services.access, &proofs).await?;
                live.audience.judge(&proofs, &found);
                checked = Instant::now();
            }
            Ok::<_, DbErr>(())
        };
        pause = match looked.await {
            Ok(()) => PAUSE,
            Err(error) => {
                tracing::warn!("looking for changed runs: {error}");
                (pause * 2).min(LONGEST_PAUSE)
            }
        };
        tokio::select! {
            () = sleep(pause) => {}
            () = services.news.notified() => sleep(SETTLING).await,
        }
    }
}

/// When the runs that have changed lately did.
type Seen = HashMap<i64, DateTime<Utc>>;

/// Finds what has changed since the look before and tells the feed of it; the first look only takes note.
async fn look(db: &DatabaseConnection, live: &Live, seen: &mut Option<Seen>) -> Result<(), DbErr> {
    let now = recent(db).await?;
    let changed: Vec<i64> = match seen.as_ref() {
        Some(before) => {
            let news = now.iter().filter(|(id, at)| before.get(id) != Some(at));
            let mut news: Vec<_> = news.map(|(id, at)| (*at, *id)).collect();
            news.sort_unstable();
            news.into_iter().map(|(_, id)| id).collect()
        }
        None => {
            live.feed.publish_version(version(db).await?);
            Vec::new()
        }
    };
    let asked = live.feed.asked();
    for part in changed.chunks(MAX_LOADED) {
        let mut found = load(db, part).await?;
        let changes: Vec<Change> = part.iter().filter_map(|id| found.remove(id)).collect();
        tell(live, changes);
    }
    // Read after what has been published: those who ask go on from there.
    let ids: BTreeSet<i64> = asked.iter().copied().collect();
    if !ids.is_empty() {
        let ids: Vec<i64> = ids.into_iter().collect();
        live.feed.answer(&asked, &load(db, &ids).await?);
    }
    *seen = Some(now);
    Ok(())
}

async fn recent(db: &DatabaseConnection) -> Result<Seen, DbErr> {
    const SQL: &str = "SELECT id, changed_at FROM run WHERE changed_at > ?";
    let since = Utc::now() - WINDOW;
    let rows = database::query(db, SQL, [since.into()]).await?;
    let pair =
        |row: &sea_orm::QueryResult| Ok((row.try_get("", "id")?, row.try_get("", "changed_at")?));
    rows.iter().map(pair).collect()
}

/// The state of the mart.
async fn version(db: &DatabaseConnection) -> Result<Version, DbErr> {
    const SQL: &str = "SELECT s.version, v.run_id, v.merged_at
        FROM mart_state s LEFT JOIN data_version v ON v.version = s.version WHERE s.id = 1";
    let found = database::query(db, SQL, []).await?;
    let row = found
        .first()
        .ok_or_else(|| DbErr::RecordNotFound("table mart_state is empty".to_owned()))?;
    Ok(Version {
        number: row.try_get("", "version")?,
        run_id: row.try_get("", "run_id")?,
        merged_at: row.try_get("", "merged_at")?,
        moment: Arc::default(),
    })
}

/// Runs as they are now, with the backfills they are part of.
async fn load(db: &DatabaseConnection, ids: &[i64]) -> Result<HashMap<i64, Change>, DbErr> {
    const SQL: &str = "SELECT r.*, b.backfill_id FROM run r
        LEFT JOIN backfill_run b ON b.run_id = r.id WHERE r.id IN ({keys})";
    let moment = Arc::<Moment>::default();
    let mut found = HashMap::new();
    for row in database::query_keys(db, SQL, ids, &[]).await? {
        let run = run::Model::from_query_result(&row, "")?;
        let backfill_id = row.try_get("", "backfill_id")?;
        found.insert(run.id, Change::new(run, backfill_id, moment.clone()));
    }
    Ok(found)
}

/// Publishes runs, and the state of the mart that they have made.
fn tell(live: &Live, changes: Vec<Change>) {
    // A run that was undone since has kept its number, so that the newest is what counts.
    let merged = changes
        .iter()
        .filter(|change| change.run.data_version.is_some());
    let newest = merged.max_by_key(|change| change.run.data_version).cloned();
    live.feed.publish(changes);
    if let Some(change) = newest
        && let Some(number) = change.run.data_version
    {
        live.feed.publish_version(Version {
            number,
            run_id: Some(change.run.id),
            merged_at: change.run.finished_at,
            moment: change.moment,
        });
    }
}

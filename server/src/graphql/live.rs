//! What can be subscribed to. Each event is a whole object, and what it is related to is loaded for the change it
//! tells of, once for everybody who follows it. The streams are boxed: GraphQL's own would keep room for several copies.

use super::{
    backfill::Backfill,
    error::Failure,
    event::RunEvent,
    load::{Current, Line, MAX_LINES},
    loaders, number,
    run::Run,
    services,
    version::DataVersion,
};
use crate::{
    auth::Permission,
    live::feed::{Change, Follower, Lagged},
};
use async_graphql::{Context, ID, Result, Subscription as Subscribable};
use entity::ingest::run_event;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use std::sync::Arc;

/// Every subscription.
pub struct Subscription;

/// What is pushed as it changes. A reader who is late gets the latest state, not every one before it.
#[Subscribable]
impl Subscription {
    /// A run: as it is now, and again whenever it, its phases or its log have changed.
    #[graphql(guard = "Permission::DataRead")]
    async fn run(&self, ctx: &Context<'_>, id: ID) -> Result<impl Stream<Item = Result<Run>>> {
        let id = number(&id)?;
        let (first, follower) = follow_run(ctx, id).await?;
        let current = current(ctx);
        let mut last = first.run.clone();
        let later =
            changes(follower, move |change| change.run.id == id).try_filter(move |change| {
                let changed = change.run != last;
                last = change.run.clone();
                std::future::ready(changed)
            });
        Ok(stream::once(std::future::ready(Ok(first)))
            .chain(later)
            .map(move |change| Ok(shown(current, change?)))
            .boxed())
    }

    /// Every run that changes from now on, new ones among them.
    #[graphql(guard = "Permission::DataRead")]
    async fn runs(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = Result<Run>>> {
        let follower = services(ctx).feed.follow().await;
        let current = current(ctx);
        Ok(changes(follower, |_| true)
            .map(move |change| Ok(shown(current, change?)))
            .boxed())
    }

    /// The newest state of the mart, and each that follows.
    #[graphql(guard = "Permission::DataRead")]
    async fn data_version(&self, ctx: &Context<'_>) -> impl Stream<Item = DataVersion> {
        let current = current(ctx);
        let versions = services(ctx).feed.versions();
        stream::unfold(versions, move |mut versions| async move {
            let version = versions.next().await;
            current.set(version.moment.clone());
            Some((DataVersion::from(version), versions))
        })
        .boxed()
    }

    /// The log of a run: what is there, or what is there after the line `after`, and each line that follows.
    #[graphql(guard = "Permission::FileRead")]
    async fn run_events(
        &self,
        ctx: &Context<'_>,
        id: ID,
        after: Option<ID>,
    ) -> Result<impl Stream<Item = Result<RunEvent>>> {
        let run_id = number(&id)?;
        let place = after.map_or(Ok(0), |after| number(&after))?;
        let (first, follower) = follow_run(ctx, run_id).await?;
        let reader = LogReader {
            place: Line { run_id, id: place },
            now: Some(first),
            follower,
        };
        let lines = stream::try_unfold(reader, move |reader| reader.read(ctx));
        Ok(lines
            .map_ok(|lines| stream::iter(lines).map(Ok))
            .try_flatten()
            .map_ok(RunEvent::from)
            .boxed())
    }

    /// A backfill: as it is now, and again whenever one of its runs has changed.
    #[graphql(guard = "Permission::DataRead")]
    async fn backfill(
        &self,
        ctx: &Context<'_>,
        id: ID,
    ) -> Result<impl Stream<Item = Result<Backfill>>> {
        let id = number(&id)?;
        let follower = services(ctx).feed.follow().await;
        let first = of_backfill(ctx, id).await?;
        let current = current(ctx);
        let later = changes(follower, move |change| change.backfill_id == Some(id));
        let later = later.then(move |change| async move {
            current.set(change?.moment);
            of_backfill(ctx, id).await
        });
        Ok(stream::once(std::future::ready(Ok(first)))
            .chain(later)
            .boxed())
    }
}

fn current<'a>(ctx: &Context<'a>) -> &'a Current {
    ctx.data_unchecked::<Current>()
}

async fn follow_run(ctx: &Context<'_>, id: i64) -> Result<(Change, Follower)> {
    let found = services(ctx).feed.follow_run(id).await;
    found.ok_or_else(|| Failure::NotFound(format!("there is no run {id}")).into())
}

/// The changes that are wanted; ends with the first that was missed.
fn changes(
    follower: Follower,
    wanted: impl Fn(&Change) -> bool + Clone + Send,
) -> impl Stream<Item = Result<Change, Lagged>> {
    stream::unfold(Some(follower), move |follower| {
        let wanted = wanted.clone();
        async move {
            let mut follower = follower?;
            match follower.next(wanted).await {
                Ok(change) => Some((Ok(change), Some(follower))),
                Err(lagged) => Some((Err(lagged), None)),
            }
        }
    })
}

/// The run that has changed; what it is related to is that of the change.
fn shown(current: &Current, change: Change) -> Run {
    current.set(change.moment);
    Arc::unwrap_or_clone(change.run).into()
}

async fn of_backfill(ctx: &Context<'_>, id: i64) -> Result<Backfill> {
    let found = loaders(ctx).backfill.load(id).await?;
    let found = found.ok_or_else(|| Failure::NotFound(format!("there is no backfill {id}")))?;
    Ok(found.into())
}

/// Reads a log to its end, and on when the run has changed.
struct LogReader {
    place: Line,
    /// The change up to which it is read.
    now: Option<Change>,
    follower: Follower,
}

impl LogReader {
    async fn read(mut self, ctx: &Context<'_>) -> Result<Option<(Vec<run_event::Model>, Self)>> {
        let run_id = self.place.run_id;
        let change = match self.now.take() {
            Some(change) => change,
            None => self.follower.next(|change| change.run.id == run_id).await?,
        };
        current(ctx).set(change.moment.clone());
        let lines = loaders(ctx).log.load(self.place).await?.unwrap_or_default();
        if let Some(last) = lines.last() {
            self.place.id = last.id;
        }
        if lines.len() as u64 == MAX_LINES {
            self.now = Some(change);
        }
        Ok(Some((lines, self)))
    }
}

//! The GraphQL API: one file per noun with its objects, inputs, queries and mutations, joined here.
//!
//! Objects are types of their own, made from entities, so that no private column is shown. Fields ask
//! [`load::Loaders`] for what they are related to, and a guard asks [`crate::auth::require`].

pub mod backfill;
pub mod batch;
pub mod change;
pub mod companion;
pub mod company;
pub mod control;
pub mod custody;
pub mod error;
pub mod event;
pub mod file;
pub mod finding;
pub mod genre;
pub mod guard;
pub mod http;
pub mod issue;
pub mod keyset;
pub mod lineage;
pub mod live;
pub mod load;
pub mod mover;
pub mod movie;
pub mod page;
pub mod preview;
pub mod reject;
pub mod rules;
pub mod run;
pub mod scalar;
pub mod source;
pub mod version;
pub mod viewer;
pub mod year;

use crate::{
    auth::{Viewer, login::UnknownNames},
    live::feed::Feed,
};
use async_graphql::{Context, ID, MergedObject, SDLExportOptions};
use error::Failure;
use etl::{archive::Archive, chain::Chain, database::containing, source::Catalog};
use sea_orm::DatabaseConnection;
use std::{net::IpAddr, sync::Arc};
use tokio::sync::{Notify, Semaphore};

/// Most levels of a request: what the usual introspection query needs.
const MAX_DEPTH: usize = 15;
/// Most fields of a request, a list's counted once for each row it may have.
const MAX_COMPLEXITY: usize = 50_000;

/// What fields work with.
pub struct Services {
    /// The database.
    pub db: DatabaseConnection,
    /// The archive.
    pub archive: Archive,
    /// By which files are recognised.
    pub sources: Catalog,
    /// Tells the worker of this instance, if there is one, of a new run.
    pub wake: Arc<Notify>,
    /// Notified when this instance has changed a run.
    pub news: Arc<Notify>,
    /// What has changed, for subscriptions.
    pub feed: Arc<Feed>,
    /// Failed sign-ins under names nobody has.
    pub unknown_names: UnknownNames,
    /// Lets one draft of rules at a time be tried.
    pub previews: Semaphore,
}

impl Services {
    /// The stores, for steps of the chain that are taken within a request.
    fn chain(&self) -> Chain {
        Chain {
            db: self.db.clone(),
            archive: self.archive.clone(),
            sources: self.sources.clone(),
            worker: "api".to_owned(),
            news: self.news.clone(),
        }
    }

    /// Tells of runs that this request has queued or ended.
    fn told(&self) {
        self.wake.notify_one();
        self.news.notify_one();
    }
}

/// What is known of where a request comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Client {
    /// The address that opened the connection.
    pub address: Option<IpAddr>,
    /// Whether the browser came by HTTPS, here or at a proxy before.
    pub secure: bool,
}

/// All queries.
#[derive(MergedObject, Default)]
pub struct Query(
    version::VersionQuery,
    year::YearQuery,
    movie::MovieQuery,
    company::CompanyQuery,
    genre::GenreQuery,
    run::RunQuery,
    reject::RejectQuery,
    issue::IssueQuery,
    file::FileQuery,
    rules::RuleQuery,
    source::SourceQuery,
    backfill::BackfillQuery,
    viewer::ViewerQuery,
);

/// All mutations.
#[derive(MergedObject, Default)]
pub struct Mutation(
    viewer::ViewerMutation,
    control::RunMutation,
    custody::FileMutation,
    backfill::BackfillMutation,
    rules::RuleMutation,
    preview::PreviewMutation,
);

/// The executable schema.
pub type Schema = async_graphql::Schema<Query, Mutation, live::Subscription>;

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, live::Subscription> {
    Schema::build(Query::default(), Mutation::default(), live::Subscription)
        .limit_depth(MAX_DEPTH)
        .limit_complexity(MAX_COMPLEXITY)
}

/// The schema over these services.
pub fn schema(services: Arc<Services>) -> Schema {
    builder().data(services).finish()
}

/// The schema in the schema definition language, as committed in `schema.graphql`.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().use_space_ident().indent_width(2);
    let text = builder().finish().sdl_with_options(options);
    text.trim().to_owned() + "\n"
}

/// The services of a field's request.
fn services<'a>(ctx: &Context<'a>) -> &'a Services {
    ctx.data_unchecked::<Arc<Services>>()
}

/// The loaders of a field's request.
fn loaders(ctx: &Context<'_>) -> Arc<load::Loaders> {
    ctx.data_unchecked::<load::Current>()
        .loaders(&services(ctx).db)
}

/// Who is signed in.
fn viewer<'a>(ctx: &Context<'a>) -> Option<&'a Viewer> {
    ctx.data_opt::<Viewer>()
}

/// The number that an id is.
fn number(id: &ID) -> Result<i64, Failure> {
    id.parse()
        .map_err(|_| Failure::Input(format!("an id is a whole number, not {:?}", id.0)))
}

/// A range of years with both ends.
fn range(from: Option<i32>, to: Option<i32>) -> (i32, i32) {
    (from.unwrap_or(i32::MIN), to.unwrap_or(i32::MAX))
}

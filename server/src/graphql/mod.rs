//! The GraphQL API: one file per noun with its objects, inputs, queries and mutations, joined here.
//!
//! Objects are types of their own, made from entities, so that no private column is shown. Fields ask
//! [`load::Loaders`] for what they are related to, and a guard asks [`crate::auth::require`].

pub mod audit;
pub mod backfill;
pub mod batch;
pub mod bundle;
pub mod change;
pub mod collection;
pub mod companion;
pub mod company;
pub mod control;
pub mod country;
pub mod custody;
pub mod error;
pub mod event;
pub mod file;
pub mod filter;
pub mod finding;
pub mod genre;
pub mod guard;
pub mod http;
pub mod issue;
pub mod keyset;
pub mod language;
pub mod lexer;
pub mod limit;
pub mod lineage;
pub mod live;
pub mod load;
pub mod mart;
pub mod mover;
pub mod movie;
pub mod named;
pub mod operation;
pub mod order;
pub mod page;
pub mod past;
pub mod persisted;
pub mod preview;
pub mod reject;
pub mod role;
pub mod rules;
pub mod run;
pub mod run_filter;
pub mod run_stats;
pub mod scalar;
pub mod search;
pub mod source;
pub mod stats;
pub mod stranger;
pub mod system;
pub mod token;
pub mod user;
pub mod version;
pub mod viewer;
pub mod witness;
pub mod year;

pub use crate::auth::Client;

use crate::{
    auth::{Access, AccessError, Actor, Denied, Viewer, require_person},
    config::Limits,
    live::feed::Feed,
};
use async_graphql::{Context, ID, MergedObject, SDLExportOptions};
use error::Failure;
use etl::{
    archive::Archive,
    asker::{Asker, By},
    chain::Chain,
    instance::Instance,
    source::Catalog,
};
use sea_orm::DatabaseConnection;
use std::{path::PathBuf, sync::Arc};
use tokio::sync::{Notify, Semaphore};

/// What fields work with.
pub struct Services {
    /// The database, as requests use it: what is asked through it ends with the request.
    pub db: DatabaseConnection,
    /// The database, as the chain uses it: for what may take longer than a request.
    pub work: DatabaseConnection,
    /// What a request may ask for.
    pub limits: Limits,
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
    /// Who may come in.
    pub access: Access,
    /// Lets one draft of rules at a time be tried.
    pub previews: Semaphore,
    /// This instance.
    pub instance: Instance,
    /// The folder that it watches, if it does.
    pub inbox: Option<PathBuf>,
}

impl Services {
    /// The stores, for steps of the chain that are taken within a request.
    pub fn chain(&self) -> Chain {
        Chain {
            db: self.work.clone(),
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

/// All queries.
#[derive(MergedObject, Default)]
pub struct Query(
    version::VersionQuery,
    year::YearQuery,
    movie::MovieQuery,
    company::CompanyQuery,
    genre::GenreQuery,
    stats::StatsQuery,
    search::SearchQuery,
    run::RunQuery,
    run_stats::RunStatsQuery,
    reject::RejectQuery,
    issue::IssueQuery,
    file::FileQuery,
    rules::RuleQuery,
    source::SourceQuery,
    backfill::BackfillQuery,
    viewer::ViewerQuery,
    user::UserQuery,
    role::RoleQuery,
    token::TokenQuery,
    audit::AuditQuery,
    system::SystemQuery,
);

/// All mutations.
#[derive(MergedObject, Default)]
pub struct Mutation(
    viewer::ViewerMutation,
    user::UserMutation,
    role::RoleMutation,
    token::TokenMutation,
    control::RunMutation,
    custody::FileMutation,
    backfill::BackfillMutation,
    rules::RuleMutation,
    preview::PreviewMutation,
);

/// The executable schema.
pub type Schema = async_graphql::Schema<Query, Mutation, live::Subscription>;

/// A schema without limits and without services.
fn schema_builder() -> async_graphql::SchemaBuilder<Query, Mutation, live::Subscription> {
    Schema::build(Query::default(), Mutation::default(), live::Subscription)
        .limit_recursive_depth(limit::MAX_NESTING)
}

/// The schema over these services.
pub fn schema(services: Arc<Services>) -> Schema {
    // How much it is that was refused, `limit` finds out.
    schema_builder()
        .limit_depth(services.limits.depth)
        .limit_complexity(services.limits.complexity)
        .data(services)
        .finish()
}

/// The schema without anything to work with: it parses, limits and validates, and answers about itself.
pub fn bare() -> Schema {
    schema_builder().finish()
}

/// The schema in the schema definition language, as committed in `schema.graphql`.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().use_space_ident().indent_width(2);
    let text = bare().sdl_with_options(options);
    text.trim().to_owned() + "\n"
}

/// The services of a field's request.
fn services<'a>(ctx: &Context<'a>) -> &'a Services {
    ctx.data_unchecked::<Arc<Services>>()
}

/// The loaders of a field's request.
fn loaders(ctx: &Context<'_>) -> Arc<load::Loaders> {
    ctx.data_unchecked::<load::Current>().loaders()
}

/// The database, as the fields of a list's rows ask it: all rows at once.
fn together(ctx: &Context<'_>) -> Arc<bundle::Bundle> {
    loaders(ctx).together.clone()
}

/// Who is signed in.
fn viewer<'a>(ctx: &Context<'a>) -> Option<&'a Viewer> {
    ctx.data_opt::<Arc<Viewer>>().map(Arc::as_ref)
}

/// The person who is signed in.
fn person<'a>(ctx: &Context<'a>) -> Result<&'a Viewer, Denied> {
    require_person(viewer(ctx))
}

/// Where the request comes from.
fn client(ctx: &Context<'_>) -> Client {
    ctx.data_opt::<Client>().copied().unwrap_or_default()
}

/// Whoever is signed in, as one who changes users, roles and tokens.
fn actor<'a>(ctx: &Context<'a>) -> Result<Actor<'a>, AccessError> {
    let viewer = viewer(ctx).ok_or(Denied::Unauthenticated)?;
    Ok(Actor {
        name: &viewer.name,
        address: client(ctx).address,
        permissions: Some(&viewer.permissions),
    })
}

/// Whoever is signed in, as one who does something.
fn by<'a>(ctx: &Context<'a>) -> Result<By<'a>, Denied> {
    let viewer = viewer(ctx).ok_or(Denied::Unauthenticated)?;
    Ok(By {
        actor: &viewer.name,
        address: client(ctx).address,
    })
}

/// Whoever is signed in, as one who asks for runs.
fn asker<'a>(ctx: &Context<'a>) -> Result<Asker<'a>, Denied> {
    Ok(Asker::api(by(ctx)?))
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

//! Rule sets.

use super::{by, scalar::DateTime, services, together};
use crate::auth::Permission;
use async_graphql::{Context, Object, Result, SimpleObject};
use etl::rules::store;

/// A published rule set, which is never changed.
#[derive(Clone, Debug, SimpleObject)]
pub struct RuleSet {
    version: i32,
    /// The SHA-256 of the body.
    hash: String,
    author: String,
    note: String,
    /// The rules as TOML.
    body: String,
    /// Null for the set Marquee comes with.
    published_at: Option<DateTime>,
}

impl From<store::Published> for RuleSet {
    fn from(set: store::Published) -> Self {
        Self {
            version: set.version,
            hash: set.hash,
            author: set.author,
            note: set.note,
            body: set.body,
            published_at: set.published_at.map(DateTime),
        }
    }
}

impl RuleSet {
    /// The set of a version that something was read under.
    pub async fn of(ctx: &Context<'_>, version: i32) -> Result<Self> {
        Ok(store::find(&*together(ctx), version).await?.into())
    }
}

/// Queries for rule sets.
#[derive(Default)]
pub struct RuleQuery;

#[Object]
impl RuleQuery {
    /// The rule set of a version; the newest where none is given.
    #[graphql(guard = "Permission::DataRead")]
    async fn rule_set(&self, ctx: &Context<'_>, version: Option<i32>) -> Result<RuleSet> {
        let db = &services(ctx).db;
        let version = store::chosen(db, version).await?;
        Ok(store::find(db, version).await?.into())
    }

    /// All rule sets, newest first.
    #[graphql(guard = "Permission::DataRead", complexity = "20 * child_complexity")]
    async fn rule_sets(&self, ctx: &Context<'_>) -> Result<Vec<RuleSet>> {
        let sets = store::list(&services(ctx).db).await?;
        Ok(sets.into_iter().map(RuleSet::from).collect())
    }
}

/// Mutations of rule sets.
#[derive(Default)]
pub struct RuleMutation;

#[Object]
impl RuleMutation {
    /// Makes a rule set the newest version, under which files are read from now on. What is wrong with it is
    /// told with line and column.
    #[graphql(guard = "Permission::RuleWrite")]
    async fn publish_rules(
        &self,
        ctx: &Context<'_>,
        body: String,
        note: String,
    ) -> Result<RuleSet> {
        let db = &services(ctx).db;
        let published = store::publish(db, &body, by(ctx)?, &note).await?;
        Ok(published.into())
    }
}

//! The formats by which files are recognised.

use super::services;
use crate::auth::Permission;
use async_graphql::{Context, Object, SimpleObject};
use etl::source::Definition;

/// A format, from the program or from a definition in `MARQUEE_SOURCES`.
#[derive(Clone, Debug, SimpleObject)]
pub struct Source {
    name: String,
    about: String,
    /// What its records are: `movies`, `keywords`, `credits`, `links` or `ratings`.
    fills: String,
    /// The first 12 digits of the definition's SHA-256.
    hash: String,
    columns: Vec<SourceColumn>,
}

/// A column by which a format is recognised.
#[derive(Clone, Debug, SimpleObject)]
pub struct SourceColumn {
    name: String,
    aliases: Vec<String>,
    /// What it fills; null where it is known and not kept.
    field: Option<String>,
    optional: bool,
}

impl From<&Definition> for Source {
    fn from(definition: &Definition) -> Self {
        let columns = definition.columns.iter().map(|column| SourceColumn {
            name: column.name.clone(),
            aliases: column.aliases.clone(),
            field: column.target.map(|target| target.name().to_owned()),
            optional: column.optional,
        });
        Self {
            name: definition.name.clone(),
            about: definition.about.clone(),
            fills: definition.fills.name().to_owned(),
            hash: definition.hash.clone(),
            columns: columns.collect(),
        }
    }
}

/// Queries for sources.
#[derive(Default)]
pub struct SourceQuery;

#[Object]
impl SourceQuery {
    /// All formats.
    #[graphql(guard = "Permission::DataRead")]
    async fn sources(&self, ctx: &Context<'_>) -> Vec<Source> {
        let all = services(ctx).sources.all();
        all.iter()
            .map(|definition| definition.as_ref().into())
            .collect()
    }
}

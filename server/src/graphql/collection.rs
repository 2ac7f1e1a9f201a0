//! Series of movies.

use super::filter::{
    filter,
    value::{IdFilter, StringFilter},
};
use async_graphql::{ID, SimpleObject};
use entity::mart::collection;

/// A series of movies.
#[derive(Clone, Debug, SimpleObject)]
pub struct Collection {
    id: ID,
    name: String,
}

impl From<collection::Model> for Collection {
    fn from(row: collection::Model) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
        }
    }
}

filter! {
    /// Which series of movies.
    CollectionFilter of collection {
        id: IdFilter = Id,
        name: StringFilter = Name,
    }
}

//! Countries of production.

use super::filter::{filter, value::StringFilter};
use async_graphql::SimpleObject;
use entity::mart::country;

/// A country of production.
#[derive(Clone, Debug, SimpleObject)]
pub struct Country {
    /// ISO 3166-1.
    code: String,
    name: String,
}

impl From<country::Model> for Country {
    fn from(row: country::Model) -> Self {
        Self {
            code: row.code,
            name: row.name,
        }
    }
}

filter! {
    /// Which countries of production.
    CountryFilter of country {
    /// ISO 3166-1.
        code: StringFilter = Code,
        name: StringFilter = Name,
    }
}

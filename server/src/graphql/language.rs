//! Spoken languages.

use super::filter::{filter, value::StringFilter};
use async_graphql::SimpleObject;
use entity::mart::language;

/// A spoken language.
#[derive(Clone, Debug, SimpleObject)]
pub struct Language {
    /// ISO 639-1.
    code: String,
    name: String,
}

impl From<language::Model> for Language {
    fn from(row: language::Model) -> Self {
        Self {
            code: row.code,
            name: row.name,
        }
    }
}

filter! {
    /// Which spoken languages.
    LanguageFilter of language {
    /// ISO 639-1.
        code: StringFilter = Code,
        name: StringFilter = Name,
    }
}

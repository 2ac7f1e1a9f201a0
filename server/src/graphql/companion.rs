//! What companion files say of movies.

use super::scalar::Long;
use async_graphql::{ID, SimpleObject};
use entity::companion::{cast, crew, keyword};
use sea_orm::FromQueryResult;

/// A keyword of a movie.
#[derive(Clone, Debug, SimpleObject)]
pub struct Keyword {
    id: ID,
    name: String,
}

impl From<keyword::Model> for Keyword {
    fn from(row: keyword::Model) -> Self {
        Self {
            id: row.keyword_id.into(),
            name: row.name,
        }
    }
}

/// Who plays in a movie.
#[derive(Clone, Debug, SimpleObject)]
pub struct CastMember {
    /// The person's id.
    id: ID,
    name: String,
    character: Option<String>,
}

impl From<cast::Model> for CastMember {
    fn from(row: cast::Model) -> Self {
        Self {
            id: row.person_id.into(),
            name: row.name,
            character: row.character_name,
        }
    }
}

/// Who made a movie, and what of it.
#[derive(Clone, Debug, SimpleObject)]
pub struct CrewMember {
    /// The person's id.
    id: ID,
    name: String,
    department: Option<String>,
    job: Option<String>,
}

impl From<crew::Model> for CrewMember {
    fn from(row: crew::Model) -> Self {
        Self {
            id: row.person_id.into(),
            name: row.name,
            department: row.department,
            job: row.job,
        }
    }
}

/// A movie's ratings, as summed up by the loaders.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Rated {
    /// How many ratings.
    pub ratings: i64,
    /// Their mean.
    pub average: f64,
}

/// How MovieLens' users rate a movie.
#[derive(Clone, Debug, SimpleObject)]
pub struct Ratings {
    count: Long,
    /// Stars, from 0.5 to 5.
    average: f64,
}

impl From<Rated> for Ratings {
    fn from(rated: Rated) -> Self {
        Self {
            count: Long(rated.ratings),
            average: rated.average,
        }
    }
}

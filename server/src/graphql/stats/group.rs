//! What movies can be grouped by.

use async_graphql::Enum;
use sea_orm::sea_query::{Condition, Expr, JoinType, SelectStatement};

/// What movies can be grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Enum)]
pub enum MovieGroup {
    /// Each production company: a movie of two is in the groups of both.
    Company,
    /// Each genre: a movie of two is in the groups of both.
    Genre,
    /// The year of the release date.
    Year,
    /// The decade of the release date, as its first year.
    Decade,
    /// Each country of production.
    Country,
    /// Each spoken language.
    Language,
    Collection,
    Status,
}

impl MovieGroup {
    /// Its column among the groups.
    pub fn column(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Genre => "genre",
            Self::Year => "year",
            Self::Decade => "decade",
            Self::Country => "country",
            Self::Language => "language",
            Self::Collection => "collection",
            Self::Status => "status",
        }
    }

    /// What a movie has of it, in SQL; null where it is unknown.
    pub fn source(self) -> &'static str {
        match self {
            Self::Company => "movie_company.company_id",
            Self::Genre => "movie_genre.genre_id",
            Self::Year => "CAST(movie.release_year AS SIGNED)",
            Self::Decade => "CAST(movie.release_year - movie.release_year % 10 AS SIGNED)",
            Self::Country => "movie_country.country_code",
            Self::Language => "movie_language.language_code",
            Self::Collection => "movie.collection_id",
            Self::Status => "movie.status",
        }
    }

    /// Whether it is told by a text and not by a number.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Country | Self::Language | Self::Status)
    }

    /// The table that has its name, and the key there; none where it is its own name.
    pub fn named(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Company => Some(("company", "id")),
            Self::Genre => Some(("genre", "id")),
            Self::Collection => Some(("collection", "id")),
            Self::Country => Some(("country", "code")),
            Self::Language => Some(("language", "code")),
            Self::Year | Self::Decade | Self::Status => None,
        }
    }

    /// Joins to the movies what gives them this; with `known` those alone that have it.
    pub fn join(self, select: &mut SelectStatement, known: bool) {
        let link = match self {
            Self::Company => "movie_company",
            Self::Genre => "movie_genre",
            Self::Country => "movie_country",
            Self::Language => "movie_language",
            Self::Year | Self::Decade | Self::Collection | Self::Status => {
                if known {
                    let is_known = Expr::cust(format!("{} IS NOT NULL", self.source()));
                    select.cond_where(Condition::all().add(is_known));
                }
                return;
            }
        };
        let join = if known {
            JoinType::InnerJoin
        } else {
            JoinType::LeftJoin
        };
        let on = Expr::cust(format!("{link}.movie_id = movie.id"));
        select.join(join, link, on);
    }
}

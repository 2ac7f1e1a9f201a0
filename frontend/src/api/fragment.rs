//! Fragments and enums that several pages use.

use super::schema;

/// Where a page of a connection lies.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct PageInfo {
    pub has_previous_page: bool,
    pub has_next_page: bool,
    pub start_cursor: Option<String>,
    pub end_cursor: Option<String>,
}

/// Where a run stands.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    Queued,
    Archiving,
    Reading,
    Staging,
    Comparing,
    Held,
    Merging,
    Aggregating,
    Succeeded,
    Failed,
    Cancelled,
    Discarded,
    Undone,
    Duplicate,
}

impl RunStatus {
    /// All statuses, in the order a run may pass them.
    pub const ALL: [Self; 14] = [
        Self::Queued,
        Self::Archiving,
        Self::Reading,
        Self::Staging,
        Self::Comparing,
        Self::Held,
        Self::Merging,
        Self::Aggregating,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
        Self::Discarded,
        Self::Undone,
        Self::Duplicate,
    ];

    /// The lower-case name.
    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Whether the run will change by itself.
    pub fn active(self) -> bool {
        matches!(
            self,
            Self::Queued
                | Self::Archiving
                | Self::Reading
                | Self::Staging
                | Self::Comparing
                | Self::Merging
                | Self::Aggregating
        )
    }
}

/// How many runs have a status.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct RunStatusCount {
    pub status: RunStatus,
    pub count: i64,
}

/// What a run does.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    Ingest,
    Reprocess,
    Undo,
    /// A kind this version of the UI does not know.
    #[cynic(fallback)]
    Other,
}

/// What started a run.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    Inbox,
    Command,
    Api,
    /// A trigger this version of the UI does not know.
    #[cynic(fallback)]
    Other,
}

impl Trigger {
    /// The trigger in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Command => "command",
            Self::Api => "API",
            Self::Other => "other",
        }
    }
}

/// How many rows a run read and what became of them.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct RunCounts {
    pub read: i64,
    pub inserted: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub superseded: i64,
    pub deleted: i64,
    pub rejected: i64,
    pub issues: i64,
}

/// A run as a line of a list.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Run")]
pub struct RunRow {
    pub id: cynic::Id,
    pub status: RunStatus,
    pub trigger: Trigger,
    pub requested_by: Option<String>,
    pub file_name: String,
    pub rule_version: i32,
    pub data_version: Option<i32>,
    pub created_at: String,
    pub started_at: Option<String>,
    pub finished_at: Option<String>,
    pub progress: Option<f64>,
    pub counts: RunCounts,
}

/// A run as a link.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Run")]
pub struct RunLink {
    pub id: cynic::Id,
    pub status: RunStatus,
}

/// What orders ids by age: they are numbers as text, so a longer one is newer.
pub fn age(id: &cynic::Id) -> (usize, String) {
    (id.inner().len(), id.inner().to_owned())
}

/// The newest state of the mart.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "DataVersion")]
pub struct Newest {
    pub version: i32,
}

/// A company as a link.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Company")]
pub struct CompanyLink {
    pub id: cynic::Id,
    pub name: String,
}

/// A genre as a link.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Genre")]
pub struct GenreLink {
    pub id: cynic::Id,
    pub name: String,
}

/// A movie as a line of a list.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Movie")]
pub struct MovieRow {
    pub id: cynic::Id,
    pub title: String,
    pub release_date: Option<String>,
    pub budget: Option<i64>,
    pub revenue: Option<i64>,
    pub profit: Option<i64>,
    pub popularity: Option<f64>,
}

/// A page of movies.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "MovieConnection")]
pub struct MoviePage {
    pub nodes: Vec<MovieRow>,
    pub page_info: PageInfo,
    pub total_count: i64,
}

/// Tests of a text.
#[derive(cynic::InputObject, Clone, Debug, Default, PartialEq)]
pub struct StringFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub eq: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub starts_with: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub gte: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub lt: Option<String>,
}

impl StringFilter {
    /// This text.
    pub fn being(text: String) -> Self {
        Self {
            eq: Some(text),
            ..Self::default()
        }
    }

    /// Texts that contain this.
    pub fn containing(part: String) -> Self {
        Self {
            contains: Some(part),
            ..Self::default()
        }
    }

    /// Texts from this one to before that one, in the order of code points.
    pub fn between(gte: String, lt: String) -> Self {
        Self {
            gte: Some(gte),
            lt: Some(lt),
            ..Self::default()
        }
    }

    /// Texts that begin with this.
    pub fn beginning(part: String) -> Self {
        Self {
            starts_with: Some(part),
            ..Self::default()
        }
    }
}

/// Tests of a number.
#[derive(cynic::InputObject, Clone, Debug, Default, PartialEq)]
pub struct IntFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub gte: Option<i32>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub lte: Option<i32>,
}

impl IntFilter {
    /// Numbers within these ends, where there is one.
    pub fn within(gte: Option<i32>, lte: Option<i32>) -> Option<Self> {
        (gte.is_some() || lte.is_some()).then_some(Self { gte, lte })
    }
}

/// Whether an amount is known.
#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "LongFilter")]
pub struct KnownFilter {
    pub is_null: Option<bool>,
}

/// Tests of a key.
#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
pub struct IdFilter {
    pub eq: Option<cynic::Id>,
}

impl IdFilter {
    /// This key.
    pub fn being(id: String) -> Self {
        Self {
            eq: Some(cynic::Id::new(id)),
        }
    }
}

/// Which companies a movie is of.
#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "CompanyFilter")]
pub struct OfCompany {
    pub id: Option<IdFilter>,
}

/// Which companies there must be.
#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
pub struct CompanyListFilter {
    pub some: Option<OfCompany>,
}

/// Which genres.
#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
pub struct GenreFilter {
    pub id: Option<IdFilter>,
}

/// Which genres there must be.
#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
pub struct GenreListFilter {
    pub some: Option<GenreFilter>,
}

impl GenreListFilter {
    /// This genre among others.
    pub fn having(id: String) -> Self {
        Self {
            some: Some(GenreFilter {
                id: Some(IdFilter::being(id)),
            }),
        }
    }
}

/// Which countries.
#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
pub struct CountryFilter {
    pub code: Option<StringFilter>,
}

/// Which countries there must be.
#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
pub struct CountryListFilter {
    pub some: Option<CountryFilter>,
}

impl CountryListFilter {
    /// This country among others.
    pub fn having(code: String) -> Self {
        Self {
            some: Some(CountryFilter {
                code: Some(StringFilter::being(code)),
            }),
        }
    }
}

/// Which movies to list.
#[derive(cynic::InputObject, Clone, Debug, Default, PartialEq)]
pub struct MovieFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub title: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub year: Option<IntFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub budget: Option<KnownFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub revenue: Option<KnownFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub status: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub original_language: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub companies: Option<CompanyListFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub genres: Option<GenreListFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub countries: Option<CountryListFilter>,
}

impl MovieFilter {
    /// The movies of a company.
    pub fn of_company(id: String) -> Self {
        let some = OfCompany {
            id: Some(IdFilter::being(id)),
        };
        Self {
            companies: Some(CompanyListFilter { some: Some(some) }),
            ..Self::default()
        }
    }

    /// The movies of a genre.
    pub fn of_genre(id: String) -> Self {
        Self {
            genres: Some(GenreListFilter::having(id)),
            ..Self::default()
        }
    }
}

/// What movies are ordered by.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovieOrderField {
    Id,
    Title,
    OriginalTitle,
    ReleaseDate,
    Year,
    Budget,
    Revenue,
    Popularity,
    Runtime,
    Status,
    OriginalLanguage,
    VoteAverage,
    VoteCount,
    Profit,
}

/// Which way an order goes.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderDirection {
    Asc,
    Desc,
}

/// One order of movies.
#[derive(cynic::InputObject, Clone, Debug)]
pub struct MovieOrder {
    pub field: MovieOrderField,
    pub direction: OrderDirection,
}

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
#[derive(cynic::InputObject, Clone, Debug, Default)]
pub struct StringFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub eq: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
}

impl StringFilter {
    /// Texts that contain this.
    pub fn containing(part: String) -> Self {
        Self {
            contains: Some(part),
            ..Self::default()
        }
    }
}

/// Tests of a number.
#[derive(cynic::InputObject, Clone, Debug, Default)]
pub struct IntFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub gte: Option<i32>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub lte: Option<i32>,
}

/// Tests of a key.
#[derive(cynic::InputObject, Clone, Debug)]
pub struct IdFilter {
    pub eq: Option<cynic::Id>,
}

/// Which companies.
#[derive(cynic::InputObject, Clone, Debug, Default)]
pub struct CompanyFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub id: Option<IdFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub name: Option<StringFilter>,
}

/// Which companies there must be.
#[derive(cynic::InputObject, Clone, Debug)]
pub struct CompanyListFilter {
    pub some: Option<CompanyFilter>,
}

/// Which genres.
#[derive(cynic::InputObject, Clone, Debug)]
pub struct GenreFilter {
    pub id: Option<IdFilter>,
}

/// Which genres there must be.
#[derive(cynic::InputObject, Clone, Debug)]
pub struct GenreListFilter {
    pub some: Option<GenreFilter>,
}

/// Which movies to list.
#[derive(cynic::InputObject, Clone, Debug, Default)]
pub struct MovieFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub title: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub year: Option<IntFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub companies: Option<CompanyListFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub genres: Option<GenreListFilter>,
}

impl MovieFilter {
    /// The movies of a company.
    pub fn of_company(id: String) -> Self {
        let id = IdFilter {
            eq: Some(cynic::Id::new(id)),
        };
        let some = CompanyFilter {
            id: Some(id),
            ..CompanyFilter::default()
        };
        Self {
            companies: Some(CompanyListFilter { some: Some(some) }),
            ..Self::default()
        }
    }

    /// The movies of a genre.
    pub fn of_genre(id: String) -> Self {
        let id = IdFilter {
            eq: Some(cynic::Id::new(id)),
        };
        Self {
            genres: Some(GenreListFilter {
                some: Some(GenreFilter { id: Some(id) }),
            }),
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

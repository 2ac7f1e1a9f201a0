//! What a draft would do: asking the server to try it, and its answer.

use cynic::MutationBuilder;

use super::fault::Fault;
use crate::api::schema;
use crate::api::transport::{ApiError, send};

/// Which figure of companies and genres is compared.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoverMeasure {
    Revenue,
    Budget,
    Profit,
    MovieCount,
    AveragePopularity,
}

impl MoverMeasure {
    /// All measures with their keys and words.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Revenue, "revenue", "Revenue"),
        (Self::Budget, "budget", "Budget"),
        (Self::Profit, "profit", "Profit"),
        (Self::MovieCount, "movies", "Number of movies"),
        (Self::AveragePopularity, "popularity", "Average popularity"),
    ];

    /// The measure of a key; revenue where there is none.
    pub fn of(key: &str) -> Self {
        let known = Self::ALL.into_iter().find(|(_, own, _)| *own == key);
        known.map_or(Self::Revenue, |(measure, _, _)| measure)
    }

    /// Whether it is in dollars.
    pub fn money(self) -> bool {
        matches!(self, Self::Revenue | Self::Budget | Self::Profit)
    }
}

/// What a draft is tried on.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    All,
    /// So many of the newest files.
    Newest(i32),
    /// Files by their SHA-256.
    Chosen(Vec<String>),
}

/// What the server is asked.
#[derive(cynic::QueryVariables)]
pub struct Variables {
    body: String,
    files: Option<Vec<String>>,
    sample: Option<i32>,
    measure: MoverMeasure,
}

#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct TriedFile {
    pub sha256: String,
    pub name: String,
    pub held_because: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "FieldChange")]
pub struct PreviewedField {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Change")]
pub struct PreviewedMovie {
    pub movie_id: cynic::Id,
    pub title: String,
    pub fields: Vec<PreviewedField>,
}

#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct PreviewedRows {
    pub count: i64,
    #[arguments(first: 20)]
    pub rows: Vec<PreviewedMovie>,
}

#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct RejectDifference {
    pub code: String,
    pub before: i64,
    pub after: i64,
}

#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Mover")]
pub struct PreviewedMover {
    pub id: cynic::Id,
    pub name: String,
    pub year: i32,
    pub before: Option<f64>,
    pub after: Option<f64>,
    pub change: f64,
}

/// What a draft would do.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(variables = "Variables")]
pub struct RulePreview {
    pub faults: Vec<Fault>,
    pub files: Vec<TriedFile>,
    pub gained: PreviewedRows,
    pub lost: PreviewedRows,
    pub changed: PreviewedRows,
    pub rejects: Vec<RejectDifference>,
    #[cynic(rename = "movers", alias)]
    #[arguments(of: COMPANY, measure: $measure, first: 10)]
    pub companies: Vec<PreviewedMover>,
    #[cynic(rename = "movers", alias)]
    #[arguments(of: GENRE, measure: $measure, first: 10)]
    pub genres: Vec<PreviewedMover>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "Variables")]
struct PreviewMutation {
    #[arguments(body: $body, files: $files, sample: $sample)]
    preview_rules: RulePreview,
}

/// Tries a draft; the mart stays as it is.
pub async fn preview(
    body: String,
    scope: Scope,
    measure: MoverMeasure,
) -> Result<RulePreview, ApiError> {
    let (files, sample) = match scope {
        Scope::All => (None, None),
        Scope::Newest(sample) => (None, Some(sample)),
        Scope::Chosen(files) => (Some(files), None),
    };
    let variables = Variables {
        body,
        files,
        sample,
        measure,
    };
    let answer = send(PreviewMutation::build(variables)).await?;
    Ok(answer.preview_rules)
}

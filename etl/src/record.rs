//! The plain values that flow along the chain.

use crate::source::Companion;
use chrono::NaiveDate;
use entity::ingest::Severity;
use std::borrow::Cow;

/// Where a record stands in the (decompressed) file it came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// 1-based line on which the record begins; the header is line 1.
    pub line: u64,
    /// Bytes before the record's first byte.
    pub byte_offset: u64,
    /// Bytes of the record without its line ending.
    pub byte_length: u64,
}

/// Something with a key and a name: a genre, a company, a country, a language, a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<K> {
    /// The vendor's key.
    pub id: K,
    /// The name the file gives for it.
    pub name: String,
}

/// The one canonical form every source turns its records into.
///
/// Money is whole US dollars, `runtime` minutes. A list holds each key once, in file order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MovieRecord {
    /// The TMDB id, greater than 0.
    pub id: i64,
    /// Never empty once the rules have passed it.
    pub title: String,
    pub original_title: Option<String>,
    pub imdb_id: Option<String>,
    pub adult: Option<bool>,
    pub budget: Option<i64>,
    pub revenue: Option<i64>,
    pub popularity: Option<f64>,
    pub release_date: Option<NaiveDate>,
    pub runtime: Option<f64>,
    pub status: Option<String>,
    pub original_language: Option<String>,
    pub overview: Option<String>,
    pub tagline: Option<String>,
    pub homepage: Option<String>,
    pub poster_path: Option<String>,
    pub video: Option<bool>,
    pub vote_average: Option<f64>,
    pub vote_count: Option<i64>,
    pub collection: Option<Named<i64>>,
    pub genres: Vec<Named<i64>>,
    pub companies: Vec<Named<i64>>,
    pub countries: Vec<Named<String>>,
    pub languages: Vec<Named<String>>,
    /// None where the file has no column for them.
    pub keywords: Option<Vec<Named<i64>>>,
    /// Whether the rules leave it out of the figures: it then belongs to no year.
    pub uncounted: bool,
}

/// A usable row's field that was corrected, cleared or is doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Stable reason code in `snake_case`, such as `rejoined` or `negative_money`.
    pub code: Cow<'static, str>,
    pub severity: Severity,
    /// The rule that found it.
    pub rule: Cow<'static, str>,
    /// The file's column name.
    pub column: Option<Cow<'static, str>>,
    pub old_value: Option<String>,
    pub new_value: Option<String>,
    /// One sentence for a person.
    pub message: String,
}

/// A record that cannot be a movie, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Stable reason code in `snake_case`, such as `field_count` or `invalid_id`.
    pub code: Cow<'static, str>,
    pub severity: Severity,
    /// The rule that refused it.
    pub rule: Cow<'static, str>,
    /// The file's column name, where one column is to blame.
    pub column: Option<Cow<'static, str>>,
    /// The offending value, shortened to 500 characters.
    pub value: Option<String>,
    /// One sentence for a person: what is wrong and what to do about it. Boxed, so that results stay small.
    pub message: Box<str>,
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A movie, with what had to be corrected.
    Movie(Box<MovieRecord>, Vec<Issue>),
    /// What a companion file says of one, with what had to be corrected.
    Companion(Companion, Vec<Issue>),
    /// Neither.
    Reject(Reject),
}

/// One record of a file after reading and rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Where it stands; a rejoined record spans both of its parts.
    pub position: Position,
    /// What became of it.
    pub outcome: Outcome,
}

//! Sources as TOML: which columns a vendor's files have, what they fill and how values are written.

use super::date::DatePattern;
use crate::fault::{Faults, Problem};
use encoding_rs::Encoding;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use toml::Spanned;

/// What a file's records are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fills {
    Movies,
    Keywords,
    Credits,
    Links,
    Ratings,
}

impl Fills {
    /// The name in definitions and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Movies => "movies",
            Self::Keywords => "keywords",
            Self::Credits => "credits",
            Self::Links => "links",
            Self::Ratings => "ratings",
        }
    }

    /// The fields without which there is no record.
    fn needed(self) -> &'static [Target] {
        match self {
            Self::Movies => &[Target::Id, Target::Title],
            Self::Keywords => &[Target::Id, Target::Keywords],
            Self::Credits => &[Target::Id, Target::Cast, Target::Crew],
            Self::Links => &[Target::MovielensId, Target::Id],
            Self::Ratings => &[Target::UserId, Target::MovielensId, Target::Rating],
        }
    }

    fn takes(self, target: Target) -> bool {
        match self {
            Self::Movies => !matches!(
                target,
                Target::Cast
                    | Target::Crew
                    | Target::MovielensId
                    | Target::UserId
                    | Target::Rating
                    | Target::RatedAt
            ),
            Self::Links => matches!(target, Target::ImdbId) || self.needed().contains(&target),
            Self::Ratings => matches!(target, Target::RatedAt) || self.needed().contains(&target),
            Self::Keywords | Self::Credits => self.needed().contains(&target),
        }
    }
}

/// How the values of a field are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number greater than 0 without which there is no record.
    Key,
    Text,
    Truth,
    Whole,
    Real,
    Date,
    /// One dict with a key and a name.
    Named,
    List,
}

macro_rules! targets {
    ($($target:ident $name:literal $kind:ident,)*) => {
        /// The field that a column fills.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Target {
            $($target,)*
        }

        impl Target {
            const ALL: &[Self] = &[$(Self::$target,)*];

            /// The name in definitions.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$target => $name,)*
                }
            }

            /// How its values are read.
            pub fn kind(self) -> Kind {
                match self {
                    $(Self::$target => Kind::$kind,)*
                }
            }
        }
    };
}

targets! {
    Id "id" Key,
    Title "title" Text,
    OriginalTitle "original_title" Text,
    ImdbId "imdb_id" Text,
    Adult "adult" Truth,
    Budget "budget" Whole,
    Revenue "revenue" Whole,
    Popularity "popularity" Real,
    ReleaseDate "release_date" Date,
    Runtime "runtime" Real,
    Status "status" Text,
    OriginalLanguage "original_language" Text,
    Overview "overview" Text,
    Tagline "tagline" Text,
    Homepage "homepage" Text,
    PosterPath "poster_path" Text,
    Video "video" Truth,
    VoteAverage "vote_average" Real,
    VoteCount "vote_count" Whole,
    Collection "collection" Named,
    Genres "genres" List,
    Companies "companies" List,
    Countries "countries" List,
    Languages "languages" List,
    Keywords "keywords" List,
    Cast "cast" List,
    Crew "crew" List,
    MovielensId "movielens_id" Key,
    UserId "user_id" Key,
    Rating "rating" Real,
    RatedAt "rated_at" Whole,
}

impl Target {
    /// Whether its keys are short codes rather than numbers.
    pub fn has_codes(self) -> bool {
        matches!(self, Self::Countries | Self::Languages)
    }

    /// Under what its elements have their key, unless the definition says otherwise.
    fn usual_key(self) -> &'static str {
        match self {
            Self::Countries => "iso_3166_1",
            Self::Languages => "iso_639_1",
            _ => "id",
        }
    }
}

/// How a list is written in its cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// `[{'id': 16, 'name': 'Animation'}]`
    Python,
    /// `[{"id": 16, "name": "Animation"}]`
    Json,
    /// `Animation, Comedy`: names alone, with this between them.
    Names(String),
}

/// The key that a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum NameKey {
    Number(i64),
    Code(String),
}

/// A column of the files.
#[derive(Clone, Debug)]
pub struct Column {
    /// As in the header, in lower case.
    pub name: String,
    /// Other names it goes by, in lower case.
    pub aliases: Vec<String>,
    /// What it fills; a column that fills nothing may be there all the same.
    pub target: Option<Target>,
    /// Whether a file may be without it.
    pub optional: bool,
    pub syntax: Syntax,
    /// Under what an element has its key and its name.
    pub key: String,
    pub label: String,
}

impl Column {
    /// Whether the column goes by that name of a header.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias == name)
    }
}

/// How values are written.
#[derive(Clone, Debug)]
pub struct Format {
    /// One in which ASCII is ASCII.
    pub encoding: &'static Encoding,
    /// Tried in order.
    pub dates: Vec<(String, DatePattern)>,
    /// The first of the hundred years that a year of two digits may mean.
    pub two_digit_years_from: i32,
    pub decimal: char,
    /// What may group the digits of a number.
    pub thousands: Option<char>,
    /// What may stand before or after an amount of money.
    pub currency: Vec<String>,
    /// What stands for no value, besides nothing.
    pub null: Vec<String>,
}

/// A vendor's format.
#[derive(Clone, Debug)]
pub struct Definition {
    pub name: String,
    pub about: String,
    pub fills: Fills,
    /// Whether a file may have columns that are not among these.
    pub extra_columns: bool,
    pub columns: Vec<Column>,
    pub format: Format,
    /// For lists of names: the keys they stand for.
    pub keys: HashMap<Target, HashMap<String, NameKey>>,
    /// The definition as TOML.
    pub text: String,
    /// The first 12 digits of the text's SHA-256.
    pub hash: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    name: Spanned<String>,
    #[serde(default)]
    about: String,
    fills: Fills,
    #[serde(default)]
    extra_columns: Extra,
    #[serde(default)]
    format: FormatTable,
    columns: Vec<Spanned<ColumnTable>>,
    #[serde(default)]
    keys: HashMap<Spanned<String>, HashMap<String, NameKey>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Extra {
    #[default]
    Refuse,
    Ignore,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct FormatTable {
    encoding: Option<Spanned<String>>,
    dates: Vec<Spanned<String>>,
    two_digit_years_from: Option<i32>,
    decimal: Option<char>,
    thousands: Option<char>,
    currency: Vec<String>,
    null: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnTable {
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    field: Option<Spanned<String>>,
    #[serde(default)]
    optional: bool,
    list: Option<Spanned<String>>,
    separator: Option<String>,
    key: Option<String>,
    label: Option<String>,
}

/// Reads a definition.
///
/// # Errors
/// Everything that is wrong with it, in the text's order.
pub fn parse(text: &str) -> Result<Definition, Vec<Problem>> {
    let mut faults = Faults::new(text);
    let document: Document = faults.read()?;
    let name = document.name;
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.get_ref().is_empty()
        || name.get_ref().len() > 64
        || !name.get_ref().chars().all(is_plain)
    {
        let message = "a name has 1 to 64 lower-case letters, digits and hyphens";
        faults.at(name.span().start, message);
    }
    let fills = document.fills;
    let mut columns: Vec<Column> = Vec::with_capacity(document.columns.len());
    for table in document.columns {
        let offset = table.span().start;
        let Some(column) = column(table.into_inner(), fills, offset, &mut faults) else {
            continue;
        };
        let is_taken = |known: &Column| {
            known.is_called(&column.name) || column.aliases.iter().any(|a| known.is_called(a))
        };
        if columns.iter().any(is_taken) {
            let message = format!("there is a column {} already", column.name);
            faults.at(offset, message);
        } else if let Some(target) = column.target
            && columns.iter().any(|known| known.target == Some(target))
        {
            let message = format!("another column fills {} already", target.name());
            faults.at(offset, message);
        } else {
            columns.push(column);
        }
    }
    if faults.found.is_empty() {
        for needed in fills.needed() {
            let filled = columns
                .iter()
                .any(|column| column.target == Some(*needed) && !column.optional);
            if !filled {
                let message = format!(
                    "a source of {} needs a column that is not optional with field = \"{}\"",
                    fills.name(),
                    needed.name()
                );
                faults.at(0, message);
            }
        }
    }
    let format = format(document.format, &mut faults);
    let mut keys = HashMap::new();
    for (target, names) in document.keys {
        let Some(of) = list_target(target.get_ref()) else {
            let message = format!("there is no list {}", target.get_ref());
            faults.at(target.span().start, message);
            continue;
        };
        let fits = |key: &NameKey| match key {
            NameKey::Number(id) => !of.has_codes() && *id > 0,
            NameKey::Code(code) => of.has_codes() && (1..=16).contains(&code.len()),
        };
        if let Some((name, _)) = names.iter().find(|(_, key)| !fits(key)) {
            let kind = if of.has_codes() {
                "a code of 1 to 16 letters"
            } else {
                "a number greater than 0"
            };
            let message = format!("the key of {name} must be {kind}");
            faults.at(target.span().start, message);
        }
        keys.insert(of, names);
    }
    faults.or(Definition {
        name: name.into_inner(),
        about: document.about,
        fills,
        extra_columns: document.extra_columns == Extra::Ignore,
        columns,
        format,
        keys,
        text: text.to_owned(),
        hash: hex::encode(&Sha256::digest(text.as_bytes())[..6]),
    })
}

fn list_target(name: &str) -> Option<Target> {
    Target::ALL
        .iter()
        .copied()
        .find(|target| target.name() == name && target.kind() == Kind::List)
}

fn column(table: ColumnTable, fills: Fills, offset: usize, faults: &mut Faults) -> Option<Column> {
    let lower = |name: &String| name.trim().to_ascii_lowercase();
    let target = match &table.field {
        None => None,
        Some(field) => {
            let found = Target::ALL
                .iter()
                .copied()
                .find(|target| target.name() == field.get_ref() && fills.takes(*target));
            if found.is_none() {
                let known: Vec<&str> = Target::ALL
                    .iter()
                    .filter(|target| fills.takes(**target))
                    .map(|target| target.name())
                    .collect();
                let message = format!(
                    "a source of {} has no field {}; it has {}",
                    fills.name(),
                    field.get_ref(),
                    known.join(", ")
                );
                faults.at(field.span().start, message);
                return None;
            }
            found
        }
    };
    let is_list = target.is_some_and(|t| matches!(t.kind(), Kind::List | Kind::Named));
    let syntax = match &table.list {
        Some(list) if !is_list => {
            faults.at(
                list.span().start,
                "only a column whose field is a list has a list syntax",
            );
            return None;
        }
        Some(list) => match list.get_ref().as_str() {
            "python" => Syntax::Python,
            "json" => Syntax::Json,
            "names" => {
                if matches!(target, Some(Target::Cast | Target::Crew)) {
                    faults.at(list.span().start, "cast and crew are more than names");
                    return None;
                }
                let separator = table.separator.unwrap_or_else(|| ", ".to_owned());
                if separator.is_empty() {
                    faults.at(offset, "the separator is empty");
                    return None;
                }
                Syntax::Names(separator)
            }
            other => {
                let message =
                    format!("there is no list syntax {other}; there are python, json and names");
                faults.at(list.span().start, message);
                return None;
            }
        },
        None if is_list => {
            faults.at(
                offset,
                "this column needs list = \"python\", \"json\" or \"names\"",
            );
            return None;
        }
        None => Syntax::Python,
    };
    Some(Column {
        name: lower(&table.name),
        aliases: table.aliases.iter().map(lower).collect(),
        target,
        optional: table.optional,
        syntax,
        key: table
            .key
            .unwrap_or_else(|| target.map_or("id", Target::usual_key).to_owned()),
        label: table.label.unwrap_or_else(|| "name".to_owned()),
    })
}

fn format(table: FormatTable, faults: &mut Faults) -> Format {
    let mut encoding = encoding_rs::UTF_8;
    if let Some(label) = table.encoding {
        match Encoding::for_label(label.get_ref().as_bytes()) {
            Some(found) if found.is_ascii_compatible() => encoding = found,
            _ => {
                let message = format!(
                    "there is no encoding {} in which ASCII is ASCII, such as utf-8 or windows-1252",
                    label.get_ref()
                );
                faults.at(label.span().start, message);
            }
        }
    }
    let mut dates = Vec::new();
    for pattern in &table.dates {
        match DatePattern::parse(pattern.get_ref()) {
            Some(date) => dates.push((pattern.get_ref().clone(), date)),
            None => {
                let message = "a date is written with YYYY or YY, MM or M, DD or D, once each";
                faults.at(pattern.span().start, message);
            }
        }
    }
    if dates.is_empty() {
        let iso = "YYYY-MM-DD";
        dates.extend(DatePattern::parse(iso).map(|date| (iso.to_owned(), date)));
    }
    Format {
        encoding,
        dates,
        two_digit_years_from: table.two_digit_years_from.unwrap_or(1930),
        decimal: table.decimal.unwrap_or('.'),
        thousands: table.thousands,
        currency: table.currency,
        null: table.null,
    }
}

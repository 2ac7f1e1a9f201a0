//! A record's fields by name.

use crate::record::MovieRecord;
use chrono::{Datelike, NaiveDate};

/// A field's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Unknown,
    Text(&'a str),
    Whole(i64),
    Real(f64),
    Truth(bool),
    Date(NaiveDate),
    /// How many elements a list has.
    List(usize),
}

impl Value<'_> {
    /// The number that ranges are about: a date's is its year, a list's its length.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Whole(number) => Some(*number as f64),
            Self::Real(number) => Some(*number),
            Self::Date(date) => Some(f64::from(date.year())),
            Self::List(length) => Some(*length as f64),
            Self::Unknown | Self::Text(_) | Self::Truth(_) => None,
        }
    }

    /// The value for people.
    pub fn shown(&self) -> Option<String> {
        match self {
            Self::Unknown => None,
            Self::Text(text) => Some(crate::source::shown(text)),
            Self::Whole(number) => Some(number.to_string()),
            Self::Real(number) => Some(number.to_string()),
            Self::Truth(truth) => Some(truth.to_string()),
            Self::Date(date) => Some(date.to_string()),
            Self::List(length) => Some(format!("{length} elements")),
        }
    }
}

/// A value that a rule sets a field to.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    Text(String),
    Whole(i64),
    Real(f64),
    Truth(bool),
    Date(NaiveDate),
}

macro_rules! fields {
    ($($field:ident $name:literal $column:literal: $kind:ident $member:ident,)*) => {
        /// A field that rules may be about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Field {
            $($field,)*
        }

        impl Field {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$field,)*];

            /// The name in rules.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name,)*
                }
            }

            /// The name of the file's column.
            pub fn column(self) -> &'static str {
                match self {
                    $(Self::$field => $column,)*
                }
            }

            /// The value in a record.
            pub fn of(self, record: &MovieRecord) -> Value<'_> {
                match self {
                    $(Self::$field => $kind::value(&record.$member),)*
                }
            }

            /// Takes the value out of a record; a title becomes empty.
            pub fn clear(self, record: &mut MovieRecord) {
                match self {
                    $(Self::$field => record.$member = Default::default(),)*
                }
            }

            /// What a TOML value is for this field; none where it cannot be one.
            pub fn given(self, value: &toml::Value) -> Option<Given> {
                match self {
                    $(Self::$field => $kind::given(value),)*
                }
            }

            /// Sets the value in a record.
            pub fn set(self, record: &mut MovieRecord, value: &Given) {
                match self {
                    $(Self::$field => $kind::set(&mut record.$member, value),)*
                }
            }
        }
    };
}

fields! {
    Title "title" "title": needed title,
    OriginalTitle "original_title" "original_title": text original_title,
    ImdbId "imdb_id" "imdb_id": text imdb_id,
    Adult "adult" "adult": truth adult,
    Budget "budget" "budget": whole budget,
    Revenue "revenue" "revenue": whole revenue,
    Popularity "popularity" "popularity": real popularity,
    ReleaseDate "release_date" "release_date": date release_date,
    Runtime "runtime" "runtime": real runtime,
    Status "status" "status": text status,
    OriginalLanguage "original_language" "original_language": text original_language,
    Overview "overview" "overview": text overview,
    Tagline "tagline" "tagline": text tagline,
    Homepage "homepage" "homepage": text homepage,
    PosterPath "poster_path" "poster_path": text poster_path,
    Video "video" "video": truth video,
    VoteAverage "vote_average" "vote_average": real vote_average,
    VoteCount "vote_count" "vote_count": whole vote_count,
    Genres "genres" "genres": list genres,
    Companies "companies" "production_companies": list companies,
    Countries "countries" "production_countries": list countries,
    Languages "languages" "spoken_languages": list languages,
}

impl Field {
    /// The field of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }
}

/// The ways of one kind of field.
macro_rules! kind {
    ($kind:ident $variant:ident $type:ty, $as:expr, $given:expr) => {
        mod $kind {
            use super::{Given, Value};

            pub fn value(member: &Option<$type>) -> Value<'_> {
                let shown: fn(&$type) -> Value<'_> = $as;
                member.as_ref().map_or(Value::Unknown, shown)
            }

            pub fn given(value: &toml::Value) -> Option<Given> {
                let given: fn(&toml::Value) -> Option<$type> = $given;
                given(value).map(Given::$variant)
            }

            pub fn set(member: &mut Option<$type>, value: &Given) {
                if let Given::$variant(value) = value {
                    *member = Some(value.clone());
                }
            }
        }
    };
}

kind!(text Text String, |text| Value::Text(text), |value| value.as_str().map(str::to_owned));
kind!(whole Whole i64, |number| Value::Whole(*number), |value| value.as_integer());
kind!(real Real f64, |number| Value::Real(*number), |value| {
    value.as_float().or_else(|| Some(value.as_integer()? as f64))
});
kind!(truth Truth bool, |truth| Value::Truth(*truth), |value| value.as_bool());
kind!(date Date chrono::NaiveDate, |date| Value::Date(*date), |value| {
    match value {
        toml::Value::String(text) => text.parse().ok(),
        toml::Value::Datetime(date) => date.to_string().parse().ok(),
        _ => None,
    }
});

mod needed {
    use super::{Given, Value};

    pub fn value(member: &str) -> Value<'_> {
        match member.trim() {
            "" => Value::Unknown,
            _ => Value::Text(member),
        }
    }

    pub fn given(value: &toml::Value) -> Option<Given> {
        value.as_str().map(|text| Given::Text(text.to_owned()))
    }

    pub fn set(member: &mut String, value: &Given) {
        if let Given::Text(value) = value {
            member.clone_from(value);
        }
    }
}

mod list {
    use super::{Given, Value};
    use crate::record::Named;

    pub fn value<K>(member: &[Named<K>]) -> Value<'_> {
        match member.len() {
            0 => Value::Unknown,
            length => Value::List(length),
        }
    }

    pub fn given(_: &toml::Value) -> Option<Given> {
        None
    }

    pub fn set<K>(_: &mut [Named<K>], _: &Given) {}
}

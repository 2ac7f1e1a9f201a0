//! A source as one file has it: which of its columns stands where, and what a record's fields make.

use super::{
    Companion, Fills,
    definition::{Column, Definition, Kind, Syntax, Target},
    field::{Reading, is_no_list, is_no_number, is_truth, shown},
};
use crate::record::{Issue, MovieRecord, Reject};
use entity::ingest::Severity;
use std::{borrow::Cow, collections::HashMap, sync::Arc};

/// What a record makes.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    Movie(Box<MovieRecord>),
    Companion(Companion),
}

/// A source and the order in which a file has its columns.
#[derive(Clone, Debug)]
pub struct Layout {
    definition: Arc<Definition>,
    /// For each field of a record, its place among the definition's columns; none: it is not known.
    columns: Vec<Option<usize>>,
}

impl Layout {
    /// `names` are the header's, in lower case.
    pub(super) fn new(definition: Arc<Definition>, names: &[String]) -> Self {
        let of = |name: &String| definition.columns.iter().position(|c| c.is_called(name));
        let mut columns: Vec<Option<usize>> = Vec::with_capacity(names.len());
        for name in names {
            let column = of(name).filter(|at| !columns.contains(&Some(*at)));
            columns.push(column);
        }
        Self {
            definition,
            columns,
        }
    }

    /// The source.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// How many fields a record has.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The name of the column at a place in the file.
    pub fn column(&self, place: usize) -> Option<&str> {
        let at = (*self.columns.get(place)?)?;
        Some(&self.definition.columns[at].name)
    }

    /// A field as text; none where it is not in the source's encoding, with the place of the first byte
    /// that is wrong.
    pub fn text<'a>(&self, field: &'a [u8]) -> Result<Cow<'a, str>, usize> {
        let encoding = self.definition.format.encoding;
        if encoding == encoding_rs::UTF_8 {
            return match std::str::from_utf8(field) {
                Ok(text) => Ok(Cow::Borrowed(text)),
                Err(error) => Err(error.valid_up_to()),
            };
        }
        encoding
            .decode_without_bom_handling_and_without_replacement(field)
            .ok_or(0)
    }

    /// Turns a record's fields into what the source's records are.
    ///
    /// # Errors
    /// A reject when the fields are not [`Self::width`], a key is not an integer greater than 0 or the
    /// columns are shifted. A field that is wrong by itself is cleared and recorded as an issue.
    pub fn parse(&self, fields: &[Cow<str>]) -> Result<(Entry, Vec<Issue>), Reject> {
        if fields.len() != self.width() {
            return Err(field_count(fields.len(), self.width()));
        }
        let definition = &*self.definition;
        let mut reading = Reading::new(&definition.format);
        for (column, value) in self.filled(fields) {
            let value = reading.known(value);
            let is_foreign = match column.target.map(Target::kind) {
                Some(Kind::Truth) => !is_truth(value),
                Some(Kind::Whole | Kind::Real | Kind::Date) => is_no_number(value),
                Some(Kind::List) if !matches!(column.syntax, Syntax::Names(_)) => is_no_list(value),
                _ => false,
            };
            if is_foreign {
                return Err(shifted(column, value));
            }
        }
        let entry = match definition.fills {
            Fills::Movies => Entry::Movie(Box::new(self.movie(fields, &mut reading)?)),
            fills => Entry::Companion(self.companion(fills, fields, &mut reading)?),
        };
        Ok((entry, reading.issues))
    }

    /// The fields that fill something, with their columns.
    fn filled<'a>(&'a self, fields: &'a [Cow<str>]) -> impl Iterator<Item = (&'a Column, &'a str)> {
        let columns = &self.definition.columns;
        self.columns
            .iter()
            .zip(fields)
            .filter_map(|(at, value)| Some((&columns[(*at)?], value.as_ref())))
            .filter(|(column, _)| column.target.is_some())
    }

    fn movie(&self, fields: &[Cow<str>], reading: &mut Reading) -> Result<MovieRecord, Reject> {
        let mut movie = MovieRecord::default();
        for (column, value) in self.filled(fields) {
            let value = reading.known(value);
            let Some(target) = column.target else {
                continue;
            };
            let keys = self.definition.keys.get(&target);
            match target {
                Target::Id => {
                    let why = "a movie is its TMDB id";
                    movie.id = key(column, value, why)?;
                }
                Target::Title => value.clone_into(&mut movie.title),
                Target::OriginalTitle => movie.original_title = reading.text(value),
                Target::ImdbId => movie.imdb_id = reading.text(value),
                Target::Adult => movie.adult = reading.truth(column, value),
                Target::Budget => movie.budget = reading.whole(column, value),
                Target::Revenue => movie.revenue = reading.whole(column, value),
                Target::Popularity => movie.popularity = reading.real(column, value),
                Target::ReleaseDate => movie.release_date = reading.date(column, value),
                Target::Runtime => movie.runtime = reading.real(column, value),
                Target::Status => movie.status = reading.text(value),
                Target::OriginalLanguage => movie.original_language = reading.text(value),
                Target::Overview => movie.overview = reading.text(value),
                Target::Tagline => movie.tagline = reading.text(value),
                Target::Homepage => movie.homepage = reading.text(value),
                Target::PosterPath => movie.poster_path = reading.text(value),
                Target::Video => movie.video = reading.truth(column, value),
                Target::VoteAverage => movie.vote_average = reading.real(column, value),
                Target::VoteCount => movie.vote_count = reading.whole(column, value),
                Target::Collection => movie.collection = reading.named(column, value, keys),
                Target::Genres => movie.genres = reading.list(column, value, keys),
                Target::Companies => movie.companies = reading.list(column, value, keys),
                Target::Countries => movie.countries = reading.list(column, value, keys),
                Target::Languages => movie.languages = reading.list(column, value, keys),
                Target::Keywords => movie.keywords = Some(reading.list(column, value, keys)),
                // A source of movies has no others.
                Target::Cast
                | Target::Crew
                | Target::MovielensId
                | Target::UserId
                | Target::Rating
                | Target::RatedAt => {}
            }
        }
        Ok(movie)
    }

    fn companion(
        &self,
        fills: Fills,
        fields: &[Cow<str>],
        reading: &mut Reading,
    ) -> Result<Companion, Reject> {
        let by_target: HashMap<Target, (&Column, &str)> = self
            .filled(fields)
            .filter_map(|(column, value)| Some((column.target?, (column, reading.known(value)))))
            .collect();
        // What a definition needs, every one has.
        let get = |target| {
            by_target.get(&target).copied().ok_or_else(|| Reject {
                code: "missing_column".into(),
                severity: Severity::Error,
                rule: "record.columns".into(),
                column: None,
                value: None,
                message: format!("the file has no column for {}", target.name()).into(),
            })
        };
        let number = |target, why| {
            let (column, value) = get(target)?;
            key(column, value, why)
        };
        match fills {
            Fills::Movies | Fills::Keywords => {
                let id = number(Target::Id, "keywords belong to a movie by its TMDB id")?;
                let (column, value) = get(Target::Keywords)?;
                let keys = self.definition.keys.get(&Target::Keywords);
                let keywords = reading.list(column, value, keys);
                Ok(Companion::keywords(id, &keywords))
            }
            Fills::Credits => {
                let id = number(Target::Id, "credits belong to a movie by its TMDB id")?;
                let (column, value) = get(Target::Cast)?;
                let cast = reading.people(column, value, &["character"]);
                let (column, value) = get(Target::Crew)?;
                let crew = reading.people(column, value, &["department", "job"]);
                Ok(Companion::credits(id, cast, crew))
            }
            Fills::Links => {
                let movielens = number(Target::MovielensId, "a link is of a MovieLens movie")?;
                let id = number(Target::Id, "the record links to no movie of TMDB")?;
                let imdb_id = get(Target::ImdbId).map_or("", |(_, value)| value.trim_ascii());
                // MovieLens leaves out the letters that IMDb's ids begin with.
                let imdb_id = match imdb_id {
                    "" => None,
                    digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                        Some(format!("tt{digits:0>7}"))
                    }
                    whole => Some(whole.to_owned()),
                };
                Ok(Companion::link(movielens, id, imdb_id.as_deref()))
            }
            Fills::Ratings => {
                let movielens = number(Target::MovielensId, "a rating is of a MovieLens movie")?;
                let user = number(Target::UserId, "a rating is a user's")?;
                let (column, value) = get(Target::Rating)?;
                let Some(rating) = reading.real(column, value).filter(|stars| *stars >= 0.0) else {
                    return Err(Reject {
                        code: "invalid_rating".into(),
                        severity: Severity::Error,
                        rule: "rating.required".into(),
                        column: Some(column.name.clone().into()),
                        value: Some(shown(value)),
                        message: "a rating is a number of stars".into(),
                    });
                };
                let rated_at = get(Target::RatedAt)
                    .ok()
                    .and_then(|(column, value)| reading.whole(column, value));
                Ok(Companion::rating(movielens, user, rating, rated_at))
            }
        }
    }
}

/// A record of the wrong width.
pub fn field_count(found: usize, expected: usize) -> Reject {
    Reject {
        code: "field_count".into(),
        severity: Severity::Error,
        rule: "record.width".into(),
        column: None,
        value: Some(found.to_string()),
        message: format!(
            "the record has {found} fields instead of {expected}; \
             look for a missing quote or line ending at this line of the file"
        )
        .into(),
    }
}

fn shifted(column: &Column, value: &str) -> Reject {
    Reject {
        code: "shifted_columns".into(),
        severity: Severity::Error,
        rule: "record.columns".into(),
        column: Some(column.name.clone().into()),
        value: Some(shown(value)),
        message: format!(
            "{} cannot hold this value: the columns are shifted; \
             look for a missing or extra comma at this line of the file",
            column.name
        )
        .into(),
    }
}

fn key(column: &Column, value: &str, why: &str) -> Result<i64, Reject> {
    match value.trim_ascii().parse() {
        Ok(id) if id > 0 => Ok(id),
        _ => Err(Reject {
            code: "invalid_id".into(),
            severity: Severity::Error,
            rule: "id.required".into(),
            column: Some(column.name.clone().into()),
            value: Some(shown(value)),
            message: format!(
                "{} is not a whole number greater than 0; {why}",
                column.name
            )
            .into(),
        }),
    }
}

//! `movies_metadata.csv` of "The Movies Dataset": 24 columns, lists as Python literals.

use super::field::{Issues, code_key, integer_key, is_no_list, is_no_number, is_truth, shown};
use crate::record::{Issue, MovieRecord, Reject};

/// The columns, in published order.
pub const COLUMNS: [&str; 24] = [
    "adult",
    "belongs_to_collection",
    "budget",
    "genres",
    "homepage",
    "id",
    "imdb_id",
    "original_language",
    "original_title",
    "overview",
    "popularity",
    "poster_path",
    "production_companies",
    "production_countries",
    "release_date",
    "revenue",
    "runtime",
    "spoken_languages",
    "status",
    "tagline",
    "title",
    "video",
    "vote_average",
    "vote_count",
];

/// The format, with the order in which a file has its columns.
#[derive(Clone, Debug)]
pub struct MoviesDataset {
    /// For each of [`COLUMNS`], its place in the file.
    order: Vec<usize>,
}

impl MoviesDataset {
    /// The format's name.
    pub const NAME: &str = "movies-dataset";

    pub(super) fn new(order: Vec<usize>) -> Self {
        Self { order }
    }

    /// How many fields a record has.
    pub fn width(&self) -> usize {
        COLUMNS.len()
    }

    /// The name of the column at a place in the file.
    pub fn column(&self, place: usize) -> Option<&'static str> {
        let at = self.order.iter().position(|&p| p == place)?;
        Some(COLUMNS[at])
    }

    /// Turns a record's fields into a movie.
    ///
    /// # Errors
    /// A reject when the fields are not [`Self::width`], the id is not an integer greater than 0 or the
    /// columns are shifted. A field that is wrong by itself is cleared and recorded as an issue.
    pub fn parse(&self, fields: &[&str]) -> Result<(MovieRecord, Vec<Issue>), Reject> {
        if fields.len() != self.width() {
            return Err(field_count(fields.len(), self.width()));
        }
        let [
            adult,
            collection,
            budget,
            genres,
            homepage,
            id,
            imdb_id,
            original_language,
            original_title,
            overview,
            popularity,
            poster_path,
            companies,
            countries,
            release_date,
            revenue,
            runtime,
            languages,
            status,
            tagline,
            title,
            video,
            vote_average,
            vote_count,
        ]: [&str; 24] = std::array::from_fn(|at| fields[self.order[at]]);

        for (column, value, is_foreign) in [
            (
                "adult",
                adult,
                (|value| !is_truth(value)) as fn(&str) -> bool,
            ),
            ("video", video, |value| !is_truth(value)),
            ("budget", budget, is_no_number),
            ("revenue", revenue, is_no_number),
            ("popularity", popularity, is_no_number),
            ("release_date", release_date, is_no_number),
            ("runtime", runtime, is_no_number),
            ("vote_average", vote_average, is_no_number),
            ("vote_count", vote_count, is_no_number),
            ("genres", genres, is_no_list),
            ("production_companies", companies, is_no_list),
            ("production_countries", countries, is_no_list),
            ("spoken_languages", languages, is_no_list),
        ] {
            if is_foreign(value) {
                return Err(shifted(column, value));
            }
        }
        let mut issues = Issues::default();
        let record = MovieRecord {
            id: movie_id(id)?,
            title: title.to_owned(),
            original_title: issues.text(original_title),
            imdb_id: issues.text(imdb_id),
            adult: issues.truth("adult", adult),
            budget: issues.whole("budget", budget),
            revenue: issues.whole("revenue", revenue),
            popularity: issues.real("popularity", popularity),
            release_date: issues.date("release_date", release_date),
            runtime: issues.real("runtime", runtime),
            status: issues.text(status),
            original_language: issues.text(original_language),
            overview: issues.text(overview),
            tagline: issues.text(tagline),
            homepage: issues.text(homepage),
            poster_path: issues.text(poster_path),
            video: issues.truth("video", video),
            vote_average: issues.real("vote_average", vote_average),
            vote_count: issues.whole("vote_count", vote_count),
            collection: issues.named("belongs_to_collection", collection),
            genres: issues.list("genres", genres, "id", integer_key),
            companies: issues.list("production_companies", companies, "id", integer_key),
            countries: issues.list("production_countries", countries, "iso_3166_1", code_key),
            languages: issues.list("spoken_languages", languages, "iso_639_1", code_key),
            uncounted: false,
        };
        Ok((record, issues.0))
    }
}

/// A record of the wrong width.
pub fn field_count(found: usize, expected: usize) -> Reject {
    Reject {
        code: "field_count".into(),
        rule: "record.width".into(),
        column: None,
        value: Some(found.to_string()),
        message: format!(
            "the record has {found} fields instead of {expected}; \
             look for a missing quote or line ending at this line of the file"
        ),
    }
}

fn shifted(column: &'static str, value: &str) -> Reject {
    Reject {
        code: "shifted_columns".into(),
        rule: "record.columns".into(),
        column: Some(column),
        value: Some(shown(value)),
        message: format!(
            "{column} cannot hold this value: the columns are shifted; \
             look for a missing or extra comma at this line of the file"
        ),
    }
}

fn movie_id(value: &str) -> Result<i64, Reject> {
    match value.trim_ascii().parse() {
        Ok(id) if id > 0 => Ok(id),
        _ => Err(Reject {
            code: "invalid_id".into(),
            rule: "id.required".into(),
            column: Some("id"),
            value: Some(shown(value)),
            message: "id is not a whole number greater than 0; a movie is its TMDB id".to_owned(),
        }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::recognise;
    use super::*;
    use chrono::NaiveDate;

    fn fields() -> [&'static str; 24] {
        let mut fields = [""; 24];
        for (column, value) in [("id", "7"), ("title", "T"), ("adult", "False")] {
            set(&mut fields, column, value);
        }
        fields
    }

    fn set(fields: &mut [&'static str; 24], column: &str, value: &'static str) {
        fields[COLUMNS.iter().position(|c| *c == column).unwrap()] = value;
    }

    fn parse(changes: &[(&str, &'static str)]) -> Result<(MovieRecord, Vec<Issue>), Reject> {
        let mut fields = fields();
        for (column, value) in changes {
            set(&mut fields, column, value);
        }
        recognise("f", &COLUMNS).unwrap().parse(&fields)
    }

    #[test]
    fn numbers_dates_and_lists_are_read() {
        let (record, issues) = parse(&[
            ("budget", "3e7"),
            ("popularity", "8.2e-05"),
            ("release_date", "1995-10-30"),
            ("genres", "[{'id': 16, 'name': 'Animation'}]"),
            ("production_companies", "[{'name': \"L'\\xa0A\", 'id': 3}]"),
            (
                "production_countries",
                "[{'iso_3166_1': 'FR', 'name': 'France'}]",
            ),
            ("revenue", " 1000.0 "),
            ("video", "FALSE"),
            ("vote_average", "-.5"),
            ("original_title", "\u{a0}L'Été "),
        ])
        .unwrap();
        assert!(issues.is_empty(), "{issues:?}");
        assert_eq!(record.budget, Some(30_000_000));
        assert_eq!(record.popularity, Some(8.2e-5));
        assert_eq!(record.release_date, NaiveDate::from_ymd_opt(1995, 10, 30));
        assert_eq!((record.revenue, record.video), (Some(1_000), Some(false)));
        assert_eq!(record.original_title.as_deref(), Some("\u{a0}L'Été "));
        assert_eq!(record.overview, None);
        assert_eq!(record.companies[0].name, "L'\u{a0}A");
        assert_eq!(record.countries[0].id, "FR");
    }

    #[test]
    fn a_wrong_field_is_cleared_and_told() {
        for (column, value, code) in [
            ("budget", "lots", "invalid_number"),
            ("runtime", "nan", "invalid_number"),
            ("revenue", "9e99", "invalid_number"),
            ("budget", "\u{a0}5", "invalid_number"),
            ("release_date", "30.10.95", "invalid_date"),
            ("release_date", "1995-2-3", "invalid_date"),
            ("release_date", "1995-02-30", "invalid_date"),
            ("release_date", "1995-02-003", "invalid_date"),
            ("release_date", "1995-02-+3", "invalid_date"),
            ("genres", "[{'id': 16", "invalid_list"),
            ("genres", "[{'id': 16}]", "invalid_element"),
            (
                "genres",
                "[{'id': 1, 'name': 'A'}, {'id': 1, 'name': 'A'}]",
                "repeated_in_list",
            ),
            ("belongs_to_collection", "Toy Story", "invalid_dict"),
        ] {
            let (_, issues) = parse(&[(column, value)]).unwrap();
            let found: Vec<_> = issues.iter().map(|i| (&*i.code, i.column)).collect();
            assert_eq!(found, [(code, Some(column))], "{value}");
        }
    }

    #[test]
    fn an_element_left_out_is_shown_as_it_stood() {
        let twice = "[{'id': 1, 'name': \"L'A\"}, {'name': None, 'id': 2}]";
        let (record, issues) = parse(&[("genres", twice)]).unwrap();
        assert_eq!(record.genres.len(), 1);
        assert_eq!(
            issues[0].old_value.as_deref(),
            Some("{'name': None, 'id': 2}")
        );
    }

    #[test]
    fn what_cannot_be_a_movie_is_rejected() {
        for (column, value, code) in [
            ("id", "1997-08-20", "invalid_id"),
            ("id", "0", "invalid_id"),
            ("adult", " - Written by Ørnås", "shifted_columns"),
            ("production_companies", "False", "shifted_columns"),
            ("budget", "/ff9qCep.jpg", "shifted_columns"),
            ("release_date", "[]", "shifted_columns"),
            ("spoken_languages", "68.0", "shifted_columns"),
        ] {
            assert_eq!(parse(&[(column, value)]).unwrap_err().code, code, "{value}");
        }
    }

    #[test]
    fn columns_may_stand_in_any_order() {
        let mut header = COLUMNS;
        header.reverse();
        let mut fields = fields();
        fields.reverse();
        let (record, _) = recognise("f", &header).unwrap().parse(&fields).unwrap();
        assert_eq!((record.id, record.title.as_str()), (7, "T"));
    }
}

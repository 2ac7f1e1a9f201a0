//! Query parameters: what is not known, given twice or out of range is refused by name.

use super::problem::Problem;
use crate::{
    app::App,
    graphql::{order::Sort, page::Direction},
};
use axum::{
    extract::{FromRequestParts, Query as Parameters},
    http::{Uri, request::Parts},
};
use sea_orm::{EntityTrait, ModelTrait};
use serde::{Deserialize, de::DeserializeOwned};

/// The largest whole number that every JSON reader keeps exactly.
pub const MAX_WHOLE: i64 = (1 << 53) - 1;

/// A whole number between two others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct Whole<const MIN: i64, const MAX: i64>(pub i64);

impl<const MIN: i64, const MAX: i64> TryFrom<i64> for Whole<MIN, MAX> {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        match (MIN..=MAX).contains(&number) {
            true => Ok(Self(number)),
            false => Err(format!("must be between {MIN} and {MAX}, not {number}")),
        }
    }
}

/// A calendar year.
pub type Year = Whole<1, 9999>;
/// A key of a company, a genre or a movie; below 0 where a file gave a name without one.
pub type Id = Whole<{ i64::MIN }, { i64::MAX }>;
/// An amount of money, or a number of things.
pub type Amount = Whole<0, MAX_WHOLE>;
/// A data version.
pub type Version = Whole<0, { i32::MAX as i64 }>;

/// A range of years with both ends.
pub fn years(from: Option<Year>, to: Option<Year>) -> (i32, i32) {
    let year = |year: Option<Year>, open: i32| year.map_or(open, |year| year.0 as i32);
    (year(from, i32::MIN), year(to, i32::MAX))
}

/// No parameters at all.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// The parameters of a request, as `T` names them.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        parse(&parts.uri).map(Self)
    }
}

/// The parameters of an address.
///
/// # Errors
/// 400, with the name of the one that is wrong.
pub fn parse<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    match Parameters::<T>::try_from_uri(uri) {
        Ok(Parameters(found)) => Ok(found),
        Err(error) => {
            let text = error.body_text();
            let detail = text.strip_prefix("Failed to deserialize query string: ");
            Err(Problem::input(detail.unwrap_or(&text)))
        }
    }
}

/// The order of a table that a list of fields such as `-revenue,title` means; `-` puts the largest first.
///
/// # Errors
/// 400 for a field that is not among `known`.
pub fn order<E>(given: Option<&str>, known: &[(&str, E::Column)]) -> Result<Vec<Sort<E>>, Problem>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
    E::Column: Copy,
{
    let found = fields(given, known)?.into_iter();
    Ok(found.map(|(column, way)| Sort::by(column, way)).collect())
}

/// The fields of such a list.
///
/// # Errors
/// 400 for a field that is not among `known`.
fn fields<C: Copy>(
    given: Option<&str>,
    known: &[(&str, C)],
) -> Result<Vec<(C, Direction)>, Problem> {
    let given = given.into_iter().flat_map(|text| text.split(','));
    given
        .map(|field| {
            let (name, direction) = match field.strip_prefix('-') {
                Some(name) => (name, Direction::Desc),
                None => (field, Direction::Asc),
            };
            let column = known.iter().find(|(known, _)| *known == name);
            column
                .map(|(_, column)| (*column, direction))
                .ok_or_else(|| {
                    let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
                    Problem::input(format!(
                        "order: there is no field {name:?}; there are {}",
                        names.join(", ")
                    ))
                })
        })
        .collect()
}

/// The number that the id in an address is; none for what no row can have.
pub fn id(text: &str) -> Option<i64> {
    let text = text.strip_suffix(".csv").unwrap_or(text);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_fields_with_signs() {
        let known = [("id", 'i'), ("title", 't')];
        let order = |text| fields(Some(text), &known);
        assert_eq!(
            order("-title,id").unwrap(),
            [('t', Direction::Desc), ('i', Direction::Asc)]
        );
        for wrong in ["", "-", "name", "id,", "id, title", "--id", "ID"] {
            let problem = order(wrong).unwrap_err();
            assert!(
                problem.detail.contains("there are id, title"),
                "{problem:?}"
            );
        }
    }

    #[test]
    fn ids_are_digits() {
        assert_eq!(id("862"), Some(862));
        assert_eq!(id("862.csv"), Some(862));
        assert_eq!(id("-7"), Some(-7));
        for wrong in [
            "",
            "-",
            "--1",
            "+1",
            "1e3",
            "x",
            "9223372036854775808",
            " 1",
        ] {
            assert_eq!(id(wrong), None, "{wrong}");
        }
    }
}

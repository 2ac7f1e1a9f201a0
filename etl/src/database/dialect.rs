//! What SQLite and MySQL/MariaDB spell differently.

use chrono::{DateTime, Utc};
use sea_orm::{
    DatabaseBackend,
    sea_query::{BinOper, Expr, ExprTrait},
};

/// The condition that a text contains `part`, whose letters are found in upper and lower case; accents count.
///
/// The pattern spells both cases out, for no two engines fold the same letters: so the answer is the same on each.
pub fn containing(backend: DatabaseBackend, text: Expr, part: &str) -> Expr {
    matching(backend, text, part, false)
}

/// The condition that a text begins with `part`, whose letters are found in upper and lower case.
pub fn beginning(backend: DatabaseBackend, text: Expr, part: &str) -> Expr {
    matching(backend, text, part, true)
}

fn matching(backend: DatabaseBackend, text: Expr, part: &str, begins: bool) -> Expr {
    if part.is_empty() {
        return text.is_not_null();
    }
    match backend {
        DatabaseBackend::Sqlite => {
            let head = if begins { "" } else { "*" };
            let special = |letter: char| match letter {
                '*' | '?' | '[' => format!("[{letter}]"),
                _ => letter.to_string(),
            };
            let pattern = format!("{head}{}*", spelled(part, special));
            text.binary(BinOper::Custom("GLOB"), pattern)
        }
        _ => {
            let head = if begins { "^" } else { "" };
            let special = |letter: char| match letter.is_ascii_punctuation() {
                true => format!("\\{letter}"),
                false => letter.to_string(),
            };
            let pattern = format!("{head}{}", spelled(part, special));
            text.binary(BinOper::Custom("REGEXP"), pattern)
        }
    }
}

/// A text as a pattern: a letter that has cases as the set of them, others as `plain` writes them.
fn spelled(part: &str, plain: impl Fn(char) -> String) -> String {
    let mut pattern = String::new();
    for letter in part.chars() {
        match &*cases(letter) {
            [only] => pattern += &plain(*only),
            several => {
                pattern.push('[');
                pattern.extend(several);
                pattern.push(']');
            }
        }
    }
    pattern
}

/// A letter with what it is in upper and in lower case, where each of these is one letter.
pub fn cases(letter: char) -> Vec<char> {
    fn one(mut letters: impl Iterator<Item = char>) -> Option<char> {
        letters.next().filter(|_| letters.next().is_none())
    }
    let upper = one(letter.to_uppercase());
    let lower = one(letter.to_lowercase());
    let mut all = vec![letter];
    for case in [
        upper,
        lower,
        upper.and_then(|upper| one(upper.to_lowercase())),
    ] {
        all.extend(case.filter(|case| !all.contains(case)));
    }
    all
}

/// A text as it is compared and ordered to the last byte (MySQL overlooks spaces at the end).
pub fn exactly(backend: DatabaseBackend, text: Expr) -> Expr {
    match backend {
        DatabaseBackend::Sqlite => text,
        _ => text.cast_as("BINARY"),
    }
}

/// The tail of an `INSERT` that overwrites `columns` where `key` exists already.
pub fn on_conflict_update(backend: DatabaseBackend, key: &str, columns: &[&str]) -> String {
    let (head, assign): (String, fn(&str) -> String) = match backend {
        DatabaseBackend::Sqlite => (format!("ON CONFLICT ({key}) DO UPDATE SET "), |c| {
            format!("{c} = excluded.{c}")
        }),
        _ => ("ON DUPLICATE KEY UPDATE ".to_owned(), |c| {
            format!("{c} = VALUES({c})")
        }),
    };
    let list: Vec<String> = columns.iter().map(|c| assign(c)).collect();
    head + &list.join(", ")
}

/// Deletes the rows of `table` whose `columns` are among those that `select` gives under the same names.
pub fn delete_among(
    backend: DatabaseBackend,
    table: &str,
    columns: &[&str],
    select: &str,
) -> String {
    match backend {
        DatabaseBackend::Sqlite => {
            format!(
                "DELETE FROM {table} WHERE ({}) IN ({select})",
                columns.join(", ")
            )
        }
        _ => {
            // MariaDB would look through the whole table for an IN.
            let agree: Vec<String> = columns
                .iter()
                .map(|c| format!("{table}.{c} = gone.{c}"))
                .collect();
            let agree = agree.join(" AND ");
            format!("DELETE {table} FROM ({select}) gone STRAIGHT_JOIN {table} ON {agree}")
        }
    }
}

/// A list of JSON as rows.
pub struct JsonRows {
    /// What to join.
    pub source: String,
    /// An element's place, from 0.
    pub position: String,
    pub values: Vec<String>,
}

/// The elements of the list at `path` of a JSON text, and of each these values (name, type in MySQL).
pub fn json_rows(
    backend: DatabaseBackend,
    text: &str,
    path: &str,
    values: &[(&str, &str)],
) -> JsonRows {
    match backend {
        DatabaseBackend::Sqlite => JsonRows {
            source: format!("json_each({text}, '{path}') j"),
            position: "j.key".to_owned(),
            values: values
                .iter()
                .map(|(name, _)| format!("json_extract(j.value, '$.{name}')"))
                .collect(),
        },
        _ => {
            let columns: Vec<String> = values
                .iter()
                .map(|(name, kind)| format!("{name}_ {kind} PATH '$.{name}'"))
                .collect();
            JsonRows {
                source: format!(
                    "JSON_TABLE({text}, '{path}[*]' COLUMNS (place FOR ORDINALITY, {})) j",
                    columns.join(", ")
                ),
                position: "j.place - 1".to_owned(),
                values: values
                    .iter()
                    .map(|(name, _)| format!("j.{name}_"))
                    .collect(),
            }
        }
    }
}

/// A value of a JSON object; null where it is null or absent.
pub fn json_value(backend: DatabaseBackend, text: &str, name: &str) -> String {
    match backend {
        DatabaseBackend::Sqlite => format!("json_extract({text}, '$.{name}')"),
        _ => format!("JSON_VALUE({text}, '$.{name}')"),
    }
}

/// The tail of a `SELECT` that leaves out the rows whose `id` is among what `select` gives as `movie_id`: a join,
/// perhaps, and the beginning of a `WHERE`.
pub fn where_not_among(backend: DatabaseBackend, id: &str, select: &str) -> String {
    match backend {
        DatabaseBackend::Sqlite => format!("WHERE {id} NOT IN ({select})"),
        // MariaDB would now and then look through all of the list for every row.
        _ => format!(
            "LEFT JOIN (SELECT DISTINCT movie_id FROM ({select}) listed) among ON among.movie_id = {id}
              WHERE among.movie_id IS NULL"
        ),
    }
}

/// The SQL that turns a sum over 64-bit integers back into one (MySQL sums them as decimals).
pub fn integer_sum(backend: DatabaseBackend, expression: &str) -> String {
    match backend {
        DatabaseBackend::Sqlite => format!("SUM({expression})"),
        _ => format!("CAST(SUM({expression}) AS SIGNED)"),
    }
}

/// The SQL of the seconds from one instant's column to another's, to the microsecond.
pub fn seconds_between(backend: DatabaseBackend, from: &str, to: &str) -> String {
    match backend {
        // Its own functions know milliseconds only. An instant is kept as `2026-11-25T12:00:00.123456+00:00`.
        DatabaseBackend::Sqlite => {
            let whole = |at: &str| format!("strftime('%s', substr({at}, 1, 19))");
            let part = |at: &str| format!("CAST(substr({at}, 20) AS REAL)");
            format!(
                "({} - {} + {} - {})",
                whole(to),
                whole(from),
                part(to),
                part(from)
            )
        }
        _ => format!("(TIMESTAMPDIFF(MICROSECOND, {from}, {to}) / 1e6)"),
    }
}

/// The SQL that tells texts apart to the last byte (MySQL overlooks spaces at their end).
pub fn exact(backend: DatabaseBackend, text: &str) -> String {
    match backend {
        DatabaseBackend::Sqlite => text.to_owned(),
        _ => format!("BINARY {text}"),
    }
}

/// The condition that two values are not the same, to the last byte; none is the same as none.
pub fn differ(backend: DatabaseBackend, one: &str, other: &str) -> String {
    match backend {
        DatabaseBackend::Sqlite => format!("{one} IS NOT {other}"),
        _ => format!("NOT (BINARY {one} <=> BINARY {other})"),
    }
}

/// The nearest instant that can be compared with: MySQL is given instants as timestamps, which begin in 1970 and
/// end in 2038. All that is kept lies between.
pub fn comparable(at: DateTime<Utc>) -> DateTime<Utc> {
    let seconds = at.timestamp().clamp(1, i64::from(i32::MAX));
    match seconds == at.timestamp() {
        true => at,
        false => DateTime::from_timestamp(seconds, 0).unwrap_or(at),
    }
}

/// The word for a join whose left side is read first, whatever the engine thinks of it.
pub fn ordered_join(backend: DatabaseBackend) -> &'static str {
    match backend {
        DatabaseBackend::Sqlite => "CROSS JOIN",
        _ => "STRAIGHT_JOIN",
    }
}

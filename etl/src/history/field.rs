//! Which fields the changes of a run give another value, as SQL: what [`super::differences`] finds of a few changes,
//! found of all of them at once.

use super::{LIST_FIELDS, PLACE, changes_sql};
use crate::{
    database::differ,
    merge::{LISTS, MOVIE_COLUMNS},
};
use entity::ingest::run;
use sea_orm::DatabaseBackend;

/// The statement that gives the fields which a run's changes (those of [`changes_sql`]) give another value, as
/// `movie_id` and `field`, a row for each. A list is another one when other things are in it, or in another order, or
/// one of them is called otherwise.
pub fn fields_sql(backend: DatabaseBackend, run: &run::Model) -> String {
    let states = States::of(run);
    let columns = MOVIE_COLUMNS
        .iter()
        .filter(|column| !PLACE.contains(column))
        .map(|column| (*column, states.column_differs(backend, column)));
    // The year is that of the date, unless the rules do not count the movie.
    let year = format!(
        "{} AND NOT ({})",
        states.column_differs(backend, "release_year"),
        states.column_differs(backend, "release_date")
    );
    let lists = LIST_FIELDS
        .iter()
        .zip(LISTS)
        .map(|(field, list)| (*field, states.list_differs(backend, list)));
    let fields = columns.chain([("release_year", year)]).chain(lists);
    let (names, tests): (Vec<_>, Vec<_>) = fields
        .map(|(field, differs)| {
            let name = format!("SELECT '{field}' AS field");
            (name, format!(" WHEN '{field}' THEN {differs}"))
        })
        .unzip();
    // In one pass, so that who asks for a few fields by their names has no others compared: MariaDB puts no
    // conditions into the parts of a union.
    format!(
        "SELECT r.movie_id, f.field FROM ({}) f CROSS JOIN {} WHERE CASE f.field{} END",
        names.join(" UNION ALL "),
        states.changes,
        tests.concat()
    )
}

/// A noun that movies list, its key, and the key's name in links.
type List = (&'static str, &'static str, &'static str);

/// A place where a movie's state may be: a table and those of its links, and what tells a change's row there.
struct Place {
    /// What stands before the names of the tables.
    prefix: &'static str,
    /// The alias of the movie's row.
    movie: &'static str,
    /// Columns, and what they are of a change `r`.
    key: Vec<(&'static str, String)>,
}

impl Place {
    fn new(prefix: &'static str, movie: &'static str, key: &[(&'static str, &str)]) -> Self {
        let key = key.iter().map(|(column, of)| (*column, (*of).to_owned()));
        Self {
            prefix,
            movie,
            key: key.collect(),
        }
    }

    fn is(&self, alias: &str, named: impl Fn(&'static str) -> &'static str) -> String {
        let parts = self.key.iter();
        let parts = parts.map(|(column, of)| format!("{alias}.{} = {of}", named(column)));
        parts.collect::<Vec<_>>().join(" AND ")
    }

    fn join(&self) -> String {
        let Self { prefix, movie, .. } = self;
        let named = |column| match column {
            "movie_id" => "id",
            other => other,
        };
        let is = self.is(movie, named);
        format!(" LEFT JOIN {prefix}movie {movie} ON {is}")
    }

    /// The links of a change to a noun, as `alias`.
    fn links(&self, noun: &str, alias: &str) -> String {
        let is = self.is(alias, |column| column);
        format!("{}movie_{noun} {alias} WHERE {is}", self.prefix)
    }
}

/// Where the states before and after a run's changes are: of each change in at most one place before, and in at
/// most one after it.
struct States {
    /// The changes as `r`, with the movies' rows in all places, to read from.
    changes: String,
    before: Vec<Place>,
    after: Vec<Place>,
    names: Names,
}

/// Which names a run changes.
enum Names {
    /// Those that were others until it made this version.
    Until(i32),
    /// Those that this run has staged otherwise.
    Staged(i64),
}

impl Names {
    /// The condition that what a link `l` leads to is called otherwise.
    fn differ(&self, backend: DatabaseBackend, (noun, name_key, key): List) -> String {
        match self {
            Self::Until(version) => format!(
                "EXISTS (SELECT 1 FROM past_name p WHERE p.noun = '{noun}'
                 AND p.name_key = CAST(l.{key} AS CHAR) AND p.until_version = {version})"
            ),
            // Found once for all links: what is staged has no index by key. Of several names the last counts.
            Self::Staged(run_id) => format!(
                "l.{key} IN (
                     SELECT n.{name_key} FROM (
                         SELECT {name_key} AS staged, MAX(line) AS last FROM staging_{noun}
                         WHERE run_id = {run_id} GROUP BY {name_key}) s
                     JOIN staging_{noun} n
                     ON n.run_id = {run_id} AND n.line = s.last AND n.{name_key} = s.staged
                     JOIN {noun} t ON t.{name_key} = n.{name_key}
                     WHERE {})",
                differ(backend, "t.name", "n.name")
            ),
        }
    }
}

impl States {
    fn of(run: &run::Model) -> Self {
        let changes = changes_sql(run);
        let (changes, before, after, names) = match run.data_version {
            Some(number) => {
                let version = number.to_string();
                let changes = format!(
                    "({changes}) r LEFT JOIN revision later ON later.movie_id = r.movie_id
                     AND later.version = (SELECT MIN(n.version) FROM revision n
                     WHERE n.movie_id = r.movie_id AND n.version > {version})"
                );
                let past = |movie, until| {
                    let key = [("movie_id", "r.movie_id"), ("until_version", until)];
                    Place::new("past_", movie, &key)
                };
                // What no later change has replaced is still there.
                let still = "CASE WHEN later.version IS NULL THEN r.movie_id END";
                let now = Place::new("", "kept", &[("movie_id", still)]);
                let after = vec![past("replaced", "later.version"), now];
                let before = vec![past("was", &version)];
                (changes, before, after, Names::Until(number))
            }
            None => {
                let id = run.id.to_string();
                // What is to be deleted has no row, but its line of before may be another movie's now.
                let line = "CASE WHEN r.kind <> 'deleted' THEN r.line END";
                let staged = [("run_id", id.as_str()), ("line", line)];
                let before = Place::new("", "was", &[("movie_id", "r.movie_id")]);
                let after = Place::new("staging_", "becomes", &staged);
                let changes = format!("({changes}) r");
                (changes, vec![before], vec![after], Names::Staged(run.id))
            }
        };
        let joins: String = before.iter().chain(&after).map(Place::join).collect();
        Self {
            changes: changes + &joins,
            before,
            after,
            names,
        }
    }

    fn column_differs(&self, backend: DatabaseBackend, column: &str) -> String {
        let value = |places: &[Place]| {
            let values = places
                .iter()
                .map(|place| format!("{}.{column}", place.movie));
            let values: Vec<_> = values.collect();
            match values.as_slice() {
                [one] => one.clone(),
                several => format!("COALESCE({})", several.join(", ")),
            }
        };
        differ(backend, &value(&self.before), &value(&self.after))
    }

    fn list_differs(&self, backend: DatabaseBackend, list: List) -> String {
        let (noun, _, key) = list;
        let count = |places: &[Place]| {
            let counts = places
                .iter()
                .map(|place| format!("(SELECT COUNT(*) FROM {})", place.links(noun, "l")));
            counts.collect::<Vec<_>>().join(" + ")
        };
        let same = self.after.iter().map(|place| {
            let links = place.links(noun, "a");
            format!(
                "EXISTS (SELECT 1 FROM {links} AND a.{key} = b.{key} AND a.position = b.position)"
            )
        });
        let same = same.collect::<Vec<_>>().join(" OR ");
        let lost = self.before.iter().map(|place| {
            let links = place.links(noun, "b");
            format!("EXISTS (SELECT 1 FROM {links} AND NOT ({same}))")
        });
        let lost = lost.collect::<Vec<_>>().join(" OR ");
        let names = self.names.differ(backend, list);
        let renamed = self.after.iter().map(|place| {
            let links = place.links(noun, "l");
            format!("EXISTS (SELECT 1 FROM {links} AND {names})")
        });
        let renamed = renamed.collect::<Vec<_>>().join(" OR ");
        let (before, after) = (count(&self.before), count(&self.after));
        // Of as many as before, of which none is lost, none is new.
        format!("({before} <> {after} OR {lost} OR {renamed})")
    }
}

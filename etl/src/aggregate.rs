//! The figures per company, genre and year, kept by every merge for just the groups it touches.
//!
//! A movie belongs to the year of its release date. Sums are over the movies where the value is known
//! and null where none is; the average popularity is over movies with a popularity.

use crate::{
    database::{self, integer_sum, ordered_join},
    merge::After,
};
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, QueryResult};

/// An aggregate table, and how its rows are computed from the mart.
struct Aggregate {
    table: &'static str,
    /// Its key columns with what they are computed from.
    keys: &'static [(&'static str, &'static str)],
    /// What is joined to `movie m`, in order.
    links: &'static [&'static str],
    /// The noun of the first key and link, whose touched groups are to be computed; the year's where there
    /// is none.
    noun: Option<&'static str>,
    /// Whether it has `total_popularity` as well.
    total: bool,
}

const COMPANIES: &str = "movie_company c ON c.movie_id = m.id";
const GENRES: &str = "movie_genre g ON g.movie_id = m.id";

const AGGREGATES: [Aggregate; 4] = [
    Aggregate {
        table: "year_total",
        keys: &[("year", "m.release_year")],
        links: &[],
        noun: None,
        total: false,
    },
    Aggregate {
        table: "company_year",
        keys: &[("company_id", "c.company_id"), ("year", "m.release_year")],
        links: &[COMPANIES],
        noun: Some("company"),
        total: false,
    },
    Aggregate {
        table: "genre_year",
        keys: &[("genre_id", "g.genre_id"), ("year", "m.release_year")],
        links: &[GENRES],
        noun: Some("genre"),
        total: true,
    },
    Aggregate {
        table: "company_genre_year",
        keys: &[
            ("company_id", "c.company_id"),
            ("year", "m.release_year"),
            ("genre_id", "g.genre_id"),
        ],
        links: &[COMPANIES, GENRES],
        noun: Some("company"),
        total: false,
    },
];

impl Aggregate {
    /// The table's columns: keys, then measures.
    fn columns(&self) -> Vec<&'static str> {
        let measures = [
            "movie_count",
            "budget",
            "revenue",
            "profit",
            "average_popularity",
        ];
        let keys = self.keys.iter().map(|(column, _)| *column);
        let total = self.total.then_some("total_popularity");
        keys.chain(measures).chain(total).collect()
    }

    /// The rows that the mart gives, read `from` movies `m` and their links.
    fn select(&self, backend: DatabaseBackend, from: &str) -> String {
        let named: Vec<String> = self
            .keys
            .iter()
            .map(|(column, source)| format!("{source} AS {column}"))
            .collect();
        let keys: Vec<&str> = self.keys.iter().map(|(_, source)| *source).collect();
        format!(
            "SELECT {}, COUNT(*) AS movie_count, {} AS budget, {} AS revenue, {} AS profit,
             AVG(m.popularity) AS average_popularity{} FROM {from} GROUP BY {}",
            named.join(", "),
            integer_sum(backend, "m.budget"),
            integer_sum(backend, "m.revenue"),
            integer_sum(backend, "m.revenue - m.budget"),
            if self.total {
                ", SUM(m.popularity) AS total_popularity"
            } else {
                ""
            },
            keys.join(", "),
        )
    }

    /// All rows.
    fn select_all(&self, backend: DatabaseBackend) -> String {
        let links: String = self
            .links
            .iter()
            .map(|link| format!(" JOIN {link}"))
            .collect();
        let from = format!("movie m{links} WHERE m.release_year IS NOT NULL");
        self.select(backend, &from)
    }

    /// The rows of the groups that a run has touched; its id is the statement's only value.
    ///
    /// The order of joining is fixed, for no engine knows how full a staging table is: from the touched
    /// years to their movies, from these to their links, and from a link to its group, if that is touched.
    /// So no movie is looked at twice, be the change one row or all of them.
    fn select_touched(&self, backend: DatabaseBackend) -> String {
        let then = ordered_join(backend);
        let mut joins = vec!["movie m ON m.release_year = y.year".to_owned()];
        joins.extend(self.links.iter().map(|link| (*link).to_owned()));
        if let (Some(noun), Some((key, ours))) = (self.noun, self.keys.first()) {
            let touched = format!(
                "staging_touched_{noun} t ON t.run_id = y.run_id AND t.{key} = {ours} AND t.year = y.year"
            );
            joins.insert(2, touched);
        }
        let joins: String = joins.iter().map(|join| format!(" {then} {join}")).collect();
        let from = format!("staging_touched_year y{joins} WHERE y.run_id = ?");
        self.select(backend, &from)
    }
}

/// The aggregate tables, each with the statement that computes all its rows from the mart.
pub(crate) fn tables(backend: DatabaseBackend) -> impl Iterator<Item = (&'static str, String)> {
    AGGREGATES
        .iter()
        .map(move |aggregate| (aggregate.table, aggregate.select_all(backend)))
}

/// Notes which company-years, genre-years and years the changes of a run touch: those of the movies as they
/// are and as they will be. Year 0 stands for movies without one, whose company counts.
pub async fn note_touched<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    after: After,
) -> Result<(), DbErr> {
    const LEAVE: &str = "c.run_id = ? AND c.kind IN ('updated', 'deleted')";
    const COME: &str = "c.run_id = ? AND c.kind IN ('inserted', 'updated')";
    let movie = after.movie();
    for noun in ["company", "genre"] {
        let links = after.links(noun);
        database::execute(
            db,
            &format!(
                "INSERT INTO staging_touched_{noun} (run_id, {noun}_id, year)
                 SELECT c.run_id, l.{noun}_id, COALESCE(m.release_year, 0)
                 FROM staging_change c JOIN movie m ON m.id = c.movie_id
                 JOIN movie_{noun} l ON l.movie_id = m.id WHERE {LEAVE}
                 UNION
                 SELECT c.run_id, l.{noun}_id, COALESCE(s.release_year, 0)
                 FROM staging_change c JOIN {movie} JOIN {links} WHERE {COME}"
            ),
            [run_id.into(), run_id.into()],
        )
        .await?;
    }
    database::execute(
        db,
        &format!(
            "INSERT INTO staging_touched_year (run_id, year)
             SELECT c.run_id, m.release_year
             FROM staging_change c JOIN movie m ON m.id = c.movie_id
             WHERE {LEAVE} AND m.release_year IS NOT NULL
             UNION
             SELECT c.run_id, s.release_year FROM staging_change c JOIN {movie}
             WHERE {COME} AND s.release_year IS NOT NULL"
        ),
        [run_id.into(), run_id.into()],
    )
    .await?;
    Ok(())
}

/// Brings the aggregates of the groups that the run has touched up to date with the mart; with `anew`
/// they may have rows already.
pub async fn refresh<C: ConnectionTrait>(db: &C, run_id: i64, anew: bool) -> Result<(), DbErr> {
    if anew {
        clear_touched(db, run_id).await?;
    }
    fill_touched(db, run_id).await
}

/// Takes the touched groups out of the aggregates.
async fn clear_touched<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<(), DbErr> {
    for aggregate in &AGGREGATES {
        let keys: &[&str] = match aggregate.noun {
            Some(_) => &[aggregate.keys[0].0, "year"],
            None => &["year"],
        };
        let touched = format!(
            "SELECT {} FROM staging_touched_{} WHERE run_id = ?",
            keys.join(", "),
            aggregate.noun.unwrap_or("year")
        );
        database::execute(
            db,
            &database::delete_among(db.get_database_backend(), aggregate.table, keys, &touched),
            [run_id.into()],
        )
        .await?;
    }
    Ok(())
}

/// Computes the touched groups from the mart as it is now.
async fn fill_touched<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<(), DbErr> {
    for aggregate in &AGGREGATES {
        let select = aggregate.select_touched(db.get_database_backend());
        let columns = aggregate.columns().join(", ");
        let sql = format!("INSERT INTO {} ({columns}) {select}", aggregate.table);
        database::execute(db, &sql, [run_id.into()]).await?;
    }
    for noun in ["company", "genre"] {
        database::execute(
            db,
            &format!(
                "UPDATE {noun} SET movie_count =
                 (SELECT COUNT(*) FROM movie_{noun} l WHERE l.{noun}_id = {noun}.id)
                 WHERE id IN (SELECT {noun}_id FROM staging_touched_{noun} WHERE run_id = ?)"
            ),
            [run_id.into()],
        )
        .await?;
    }
    Ok(())
}

/// What a recount of one aggregate table found.
#[derive(Debug)]
pub struct Recount {
    /// The table.
    pub table: &'static str,
    /// Groups compared.
    pub groups: u64,
    /// One sentence for each group that differs.
    pub differences: Vec<String>,
}

/// Computes every aggregate anew from the mart and compares it with what is stored; averages may
/// differ in the last digits, for the order of summing is the database's.
pub async fn recount<C: ConnectionTrait>(db: &C) -> Result<Vec<Recount>, DbErr> {
    let mut recounts = Vec::new();
    for aggregate in &AGGREGATES {
        let keys = aggregate.keys.len();
        let order: Vec<String> = (1..=keys).map(|n| n.to_string()).collect();
        let order = order.join(", ");
        let select = aggregate.select_all(db.get_database_backend());
        let fresh = database::query(db, &format!("{select} ORDER BY {order}"), []).await?;
        let columns = aggregate.columns();
        let stored = database::query(
            db,
            &format!(
                "SELECT {} FROM {} ORDER BY {order}",
                columns.join(", "),
                aggregate.table
            ),
            [],
        )
        .await?;
        let fresh = rows(&fresh, keys, columns.len())?;
        let stored = rows(&stored, keys, columns.len())?;
        recounts.push(Recount {
            table: aggregate.table,
            groups: fresh.len() as u64,
            differences: differences(aggregate.table, &fresh, &stored),
        });
    }
    Ok(recounts)
}

/// A group: its key, its whole numbers (count, budget, revenue, profit) and its real ones.
type Group = (Vec<i64>, Vec<Option<i64>>, Vec<Option<f64>>);

fn rows(rows: &[QueryResult], keys: usize, columns: usize) -> Result<Vec<Group>, DbErr> {
    rows.iter()
        .map(|row| {
            Ok((
                (0..keys)
                    .map(|i| integer(row, i).map(Option::unwrap_or_default))
                    .collect::<Result<_, _>>()?,
                (keys..keys + 4)
                    .map(|i| integer(row, i))
                    .collect::<Result<_, _>>()?,
                (keys + 4..columns)
                    .map(|i| row.try_get_by_index(i))
                    .collect::<Result<_, _>>()?,
            ))
        })
        .collect()
}

/// Reads a whole number of either width.
fn integer(row: &QueryResult, index: usize) -> Result<Option<i64>, DbErr> {
    row.try_get_by_index::<Option<i64>>(index).or_else(|_| {
        let narrow = row.try_get_by_index::<Option<i32>>(index)?;
        Ok(narrow.map(i64::from))
    })
}

/// Whether two averages or sums differ in no more than the order of summing can explain.
pub fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(1.0)
}

fn differences(table: &str, fresh: &[Group], stored: &[Group]) -> Vec<String> {
    let close = |a: &Option<f64>, b: &Option<f64>| match (a, b) {
        (Some(a), Some(b)) => close(*a, *b),
        (a, b) => a == b,
    };
    let mut found = Vec::new();
    let (mut fresh, mut stored) = (fresh.iter().peekable(), stored.iter().peekable());
    loop {
        let order = match (fresh.peek(), stored.peek()) {
            (None, None) => return found,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(a), Some(b)) => a.0.cmp(&b.0),
        };
        match order {
            std::cmp::Ordering::Less => {
                let group = fresh.next();
                found.push(format!("{table}: {:?} is missing", group.map(|g| &g.0)));
            }
            std::cmp::Ordering::Greater => {
                let group = stored.next();
                found.push(format!("{table}: {:?} has no movies", group.map(|g| &g.0)));
            }
            std::cmp::Ordering::Equal => {
                if let (Some(a), Some(b)) = (fresh.next(), stored.next())
                    && (a.1 != b.1 || !a.2.iter().zip(&b.2).all(|(a, b)| close(a, b)))
                {
                    found.push(format!(
                        "{table}: {:?} holds {:?} {:?}, the mart gives {:?} {:?}",
                        a.0, b.1, b.2, a.1, a.2
                    ));
                }
            }
        }
    }
}

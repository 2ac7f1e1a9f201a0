//! Groups out of the database: one statement for a page of them, whatever is asked of each.

use super::{
    MovieStats,
    group::MovieGroup,
    having::MovieStatsHaving,
    measure::{Figure, Figures, Measure, Statistic},
    order::{Key, Side, beyond, decode, encode, ordered},
};
use crate::graphql::page::{Connection, Edge, PageArgs};
use async_graphql::Result;
use sea_orm::{
    Condition, ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, QueryResult, Statement,
    sea_query::{Expr, Query, SelectStatement},
};
use std::collections::BTreeSet;

/// What is asked.
pub struct Question {
    /// Each once.
    pub groups: Vec<MovieGroup>,
    /// Whether movies without one of the groups' keys are left out.
    pub known_only: bool,
    /// Which movies.
    pub filter: Condition,
    pub having: MovieStatsHaving,
    pub keys: Vec<Key>,
    /// The figures that are answered or ordered by.
    pub figures: BTreeSet<Figure>,
    pub as_of: Option<i32>,
    /// The words before each statement.
    pub with: String,
}

impl Question {
    /// The movies, once for each group they are in, with what they are grouped by and measured in.
    fn movies(&self, figures: &BTreeSet<Figure>) -> SelectStatement {
        let mut select = Query::select();
        select
            .from("movie")
            .expr_as(Expr::cust("movie.id"), "movie_id");
        for group in &self.groups {
            select.expr_as(Expr::cust(group.source()), group.column());
            group.join(&mut select, self.known_only);
        }
        let sources: Vec<&str> = self.groups.iter().map(|group| group.source()).collect();
        let partition = match sources.is_empty() {
            true => String::new(),
            false => format!("PARTITION BY {}", sources.join(", ")),
        };
        let measures: BTreeSet<Measure> = figures.iter().map(|figure| figure.measure).collect();
        for measure in measures {
            let (source, column) = (measure.source(), measure.column());
            select.expr_as(Expr::cust(source.clone()), column);
            let statistic = Statistic::Median;
            if figures.contains(&Figure { measure, statistic }) {
                let place =
                    format!("ROW_NUMBER() OVER ({partition} ORDER BY {source} IS NULL, {source})");
                select.expr_as(Expr::cust(place), format!("{column}_place"));
                let known = format!("COUNT({source}) OVER ({partition})");
                select.expr_as(Expr::cust(known), format!("{column}_known"));
            }
        }
        select.cond_where(self.filter.clone());
        select
    }

    /// The groups with these figures.
    fn groups(&self, backend: DatabaseBackend, figures: &BTreeSet<Figure>) -> SelectStatement {
        let mut select = Query::select();
        for group in &self.groups {
            select.expr(Expr::cust(group.column()));
        }
        select.expr_as(Expr::cust("COUNT(*)"), "movie_count");
        for figure in figures {
            select.expr_as(Expr::cust(figure.aggregate(backend)), figure.column());
        }
        select.from_subquery(self.movies(figures), "r");
        select.add_group_by(self.groups.iter().map(|group| Expr::cust(group.column())));
        select
    }

    /// The statement that counts all groups.
    fn count(&self, backend: DatabaseBackend) -> Statement {
        let figures = self.having.figures().collect();
        let mut select = Query::select();
        select
            .expr_as(Expr::cust("COUNT(*)"), "total_count")
            .from_subquery(self.groups(backend, &figures), "g")
            .cond_where(self.having.condition());
        self.statement(backend, &select)
    }

    fn statement(&self, backend: DatabaseBackend, select: &SelectStatement) -> Statement {
        let mut statement = backend.build(select);
        statement.sql.insert_str(0, &self.with);
        statement
    }

    /// A page of the groups; without `rows` only what counts them.
    ///
    /// # Errors
    /// [`crate::graphql::error::Failure::Input`] for arguments that contradict each other and cursors of other groups or another order.
    pub async fn page(
        &self,
        db: &DatabaseConnection,
        args: &PageArgs,
        rows: bool,
    ) -> Result<Connection<MovieStats>> {
        let backend = db.get_database_backend();
        let (size, backward) = args.size()?;
        let mut within = self.having.condition();
        for (cursor, side) in [(&args.after, Side::After), (&args.before, Side::Before)] {
            if let Some(cursor) = cursor {
                within = within.add(beyond(&self.keys, &decode(&self.keys, cursor)?, side));
            }
        }
        let mut figures = self.figures.clone();
        figures.extend(self.having.figures());
        let mut select = Query::select();
        select
            .expr(Expr::cust("g.*"))
            .from_subquery(self.groups(backend, &figures), "g")
            .cond_where(within)
            // One more than asked for tells whether there is a further page.
            .limit(size + 1);
        ordered(&mut select, &self.keys, backward);
        let mut found = match rows && size > 0 {
            true => db.query_all_raw(self.statement(backend, &select)).await?,
            false => Vec::new(),
        };
        let more = found.len() as u64 > size;
        found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        if backward {
            found.reverse();
        }
        let edge = |row: &QueryResult| {
            Ok(Edge {
                cursor: encode(&self.keys, row)?,
                node: self.read(row)?,
            })
        };
        let edges = found.iter().map(edge).collect::<Result<Vec<_>, DbErr>>()?;
        let further = match backward {
            true => (more, args.before.is_some()),
            false => (args.after.is_some(), more),
        };
        Ok(Connection::new(edges, further, self.count(backend)))
    }

    fn read(&self, row: &QueryResult) -> Result<MovieStats, DbErr> {
        let mut stats = MovieStats {
            movie_count: row.try_get("", "movie_count")?,
            as_of: self.as_of,
            ..Default::default()
        };
        for group in &self.groups {
            let column = group.column();
            if group.is_text() {
                if let Some(text) = row.try_get("", column)? {
                    stats.texts.insert(*group, text);
                }
            } else if let Some(number) = row.try_get("", column)? {
                stats.numbers.insert(*group, number);
            }
        }
        stats.figures = Figures::default();
        for figure in &self.figures {
            let column = figure.column();
            if figure.is_whole() {
                if let Some(value) = row.try_get("", &column)? {
                    stats.figures.whole.insert(*figure, value);
                }
            } else if let Some(value) = row.try_get("", &column)? {
                stats.figures.real.insert(*figure, value);
            }
        }
        Ok(stats)
    }
}

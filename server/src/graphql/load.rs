//! What relations are loaded through: one [`Batch`] for each, made anew for each request.

use super::{
    batch::{Batch, grouped, keyed},
    bundle::Bundle,
    companion::Rated,
    named::Named,
};
use chrono::Utc;
use entity::{
    aggregate::{company_genre_year, company_year, genre_year},
    companion::{cast, crew, keyword},
    ingest::{archive_object, backfill as backfills, run, run_event, run_phase, source_file},
    mart::{collection, company, country, genre, language, movie},
};
use etl::{backfill, custody, database, history};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, Value, prelude::DateTimeUtc,
};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

/// Many rows for each key.
type Lists<K, M> = Batch<K, Vec<M>>;

/// Something as it is, or as it was in a data version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct At<K = i64> {
    /// Its key.
    pub id: K,
    /// The version; the newest where there is none.
    pub as_of: Option<i32>,
}

/// A company's or genre's years from one to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Years {
    /// The company or genre.
    pub id: i64,
    /// The first year.
    pub from: i32,
    /// The last year.
    pub to: i32,
    /// The data version; the newest where there is none.
    pub as_of: Option<i32>,
}

/// A line of a run's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// The run.
    pub run_id: i64,
    /// The line's id; 0 is before the first.
    pub id: i64,
}

/// How often a reason was given.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Reason {
    /// The reason's code.
    pub code: String,
    /// How often.
    pub total: i64,
}

/// A run that is worked on.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Lease {
    /// The run.
    pub run_id: i64,
    /// The instance that works on it.
    pub lease_owner: String,
    /// Until when, unless the lease is renewed.
    pub lease_until: DateTimeUtc,
}

/// How many there are.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct Total {
    /// The number.
    pub total: i64,
}

/// What is loaded at one time, from when it is first asked for.
#[derive(Default)]
pub struct Moment(OnceLock<Arc<Loaders>>);

impl Moment {
    fn loaders(&self, db: &DatabaseConnection) -> Arc<Loaders> {
        let made = self.0.get_or_init(|| Arc::new(Loaders::new(db)));
        made.clone()
    }
}

/// The moment that a request reads: its own throughout, but for a subscription, which goes on to that of each change.
pub struct Current {
    db: DatabaseConnection,
    moment: Mutex<Arc<Moment>>,
}

impl Current {
    /// A moment that begins with the first question to this database.
    pub fn new(db: &DatabaseConnection) -> Self {
        Self {
            db: db.clone(),
            moment: Mutex::default(),
        }
    }

    fn moment(&self) -> MutexGuard<'_, Arc<Moment>> {
        self.moment.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on to another moment.
    pub fn set(&self, moment: Arc<Moment>) {
        *self.moment() = moment;
    }

    /// The moment's loaders.
    pub fn loaders(&self) -> Arc<Loaders> {
        let moment = self.moment().clone();
        moment.loaders(&self.db)
    }
}

/// Every relation of a request.
pub struct Loaders {
    /// For what has no batch of its own.
    pub together: Arc<Bundle>,
    /// Companies of a movie, in the file's order.
    pub companies: Lists<At, company::Model>,
    /// Genres of a movie, in the file's order.
    pub genres: Lists<At, genre::Model>,
    /// Countries of a movie, in the file's order.
    pub countries: Lists<At, country::Model>,
    /// Languages of a movie, in the file's order.
    pub languages: Lists<At, language::Model>,
    /// Keywords of a movie, in the file's order.
    pub keywords: Lists<i64, keyword::Model>,
    /// Who plays in a movie, in the file's order.
    pub cast: Lists<i64, cast::Model>,
    /// Who made a movie, in the file's order.
    pub crew: Lists<i64, crew::Model>,
    /// A movie's ratings.
    pub ratings: Batch<i64, Rated>,
    /// A movie.
    pub movie: Batch<i64, movie::Model>,
    /// Companies, genres and the like, now or as of a data version.
    pub named: Named,
    /// A collection.
    pub collection: Batch<At, collection::Model>,
    /// A genre.
    pub genre: Batch<At, genre::Model>,
    /// Years of a company.
    pub company_years: Lists<Years, company_year::Model>,
    /// Years of a genre.
    pub genre_years: Lists<Years, genre_year::Model>,
    /// Genres of a company's year, most movies first.
    pub company_genres: Lists<At<(i64, i32)>, company_genre_year::Model>,
    /// The newest data version.
    pub newest: Batch<(), i32>,
    /// A run.
    pub run: Batch<i64, run::Model>,
    /// A backfill.
    pub backfill: Batch<i64, backfills::Model>,
    /// The lease of a run that is worked on.
    pub lease: Batch<i64, Lease>,
    /// The leases of an instance, oldest job first.
    pub instance_leases: Lists<String, Lease>,
    /// How far a backfill is.
    pub backfill_progress: Batch<i64, backfill::Progress>,
    /// The backfill that a run is of.
    pub run_backfill: Batch<i64, backfills::Model>,
    /// Phases of a run.
    pub phases: Lists<i64, run_phase::Model>,
    /// The next lines of a run's log after one of them, at most [`MAX_LINES`].
    pub log: Lists<Line, run_event::Model>,
    /// Why rows of a run were rejected, most frequent first.
    pub reject_reasons: Lists<i64, Reason>,
    /// What was wrong with usable rows of a run, most frequent first.
    pub issue_reasons: Lists<i64, Reason>,
    /// A file.
    pub file: Batch<i64, source_file::Model>,
    /// Runs of a file.
    pub file_runs: Lists<i64, run::Model>,
    /// Archived objects of a file.
    pub file_objects: Lists<i64, archive_object::Model>,
    /// How many rows of the mart come from a file.
    pub file_references: Batch<i64, Total>,
}

impl Loaders {
    /// Loaders for one request.
    pub fn new(db: &DatabaseConnection) -> Self {
        Self {
            together: Arc::new(Bundle::new(db)),
            companies: links(db, "company", "id"),
            genres: links(db, "genre", "id"),
            countries: links(db, "country", "code"),
            languages: links(db, "language", "code"),
            keywords: said(db, "keyword"),
            cast: said(db, "cast"),
            crew: said(db, "crew"),
            ratings: ratings(db),
            movie: one(db, "movie"),
            named: Named::new(db),
            collection: one_at(db, "collection"),
            genre: one_at(db, "genre"),
            company_years: years(db, "company", |m: &company_year::Model| m.company_id),
            genre_years: years(db, "genre", |m: &genre_year::Model| m.genre_id),
            company_genres: company_genres(db),
            newest: newest(db),
            run: one(db, "run"),
            backfill: one(db, "backfill"),
            lease: leases(db, "run_id", |rows| keyed(rows, "run_id")),
            instance_leases: leases(db, "lease_owner", |rows| grouped(rows, "lease_owner")),
            backfill_progress: backfill_progress(db),
            run_backfill: batch(
                db,
                "SELECT b.*, l.run_id AS parent_key
                 FROM backfill_run l JOIN backfill b ON b.id = l.backfill_id
                 WHERE l.run_id IN ({keys})"
                    .to_owned(),
                |rows| keyed(rows, "parent_key"),
            ),
            phases: children(db, "run_phase", "run_id"),
            log: log(db),
            reject_reasons: reasons(db, "reject"),
            issue_reasons: reasons(db, "issue"),
            file: one(db, "source_file"),
            file_runs: children(db, "run", "source_file_id"),
            file_objects: children(db, "archive_object", "source_file_id"),
            file_references: file_references(db),
        }
    }
}

/// Turns rows into values by key.
type Read<K, V> = fn(&[QueryResult]) -> Result<HashMap<K, V>, DbErr>;

/// A batch over one statement, in which `{keys}` stands for the keys.
fn batch<V: Clone + Send + Sync + 'static>(
    db: &DatabaseConnection,
    sql: String,
    read: Read<i64, V>,
) -> Batch<i64, V> {
    let db = db.clone();
    Batch::new(move |keys: Vec<i64>| {
        let (db, sql) = (db.clone(), sql.clone());
        async move { read(&database::query_keys(&db, &sql, &keys, &[]).await?) }
    })
}

fn one<M: FromQueryResult + Clone + Send + Sync + 'static>(
    db: &DatabaseConnection,
    table: &str,
) -> Batch<i64, M> {
    let sql = format!("SELECT * FROM {table} WHERE id IN ({{keys}})");
    batch(db, sql, |rows| keyed(rows, "id"))
}

/// One statement for each data version asked for, which is one in most requests.
fn one_at<M: FromQueryResult + Clone + Send + Sync + 'static>(
    db: &DatabaseConnection,
    table: &str,
) -> Batch<At, M> {
    let sql = format!("SELECT * FROM {table} WHERE id IN ({{keys}})");
    let db = db.clone();
    Batch::new(move |keys: Vec<At>| {
        let (db, sql) = (db.clone(), sql.clone());
        async move {
            let mut found = HashMap::new();
            for (as_of, ids) in by_group(keys, |key| (key.as_of, key.id)) {
                let sql = with(&db, as_of) + &sql;
                let models =
                    keyed::<i64, M>(&database::query_keys(&db, &sql, &ids, &[]).await?, "id")?;
                let at = |(id, model)| (At { id, as_of }, model);
                found.extend(models.into_iter().map(at));
            }
            Ok(found)
        }
    })
}

fn newest(db: &DatabaseConnection) -> Batch<(), i32> {
    let db = db.clone();
    Batch::new(move |_| {
        let db = db.clone();
        async move { Ok(HashMap::from([((), history::newest(&db).await?)])) }
    })
}

/// The leases that have not run out, by one of their columns.
fn leases<K, V>(db: &DatabaseConnection, by: &'static str, read: Read<K, V>) -> Batch<K, V>
where
    K: Clone + Eq + Hash + Into<Value> + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    let sql = format!(
        "SELECT run_id, lease_owner, lease_until FROM job
         WHERE {by} IN ({{keys}}) AND done_at IS NULL AND lease_owner IS NOT NULL AND lease_until > ?
         ORDER BY id"
    );
    let db = db.clone();
    Batch::new(move |keys: Vec<K>| {
        let (db, sql) = (db.clone(), sql.clone());
        async move { read(&database::query_keys(&db, &sql, &keys, &[Utc::now().into()]).await?) }
    })
}

fn backfill_progress(db: &DatabaseConnection) -> Batch<i64, backfill::Progress> {
    let db = db.clone();
    Batch::new(move |ids: Vec<i64>| {
        let db = db.clone();
        async move { backfill::progress(&db, &ids).await }
    })
}

fn children<M: FromQueryResult + Clone + Send + Sync + 'static>(
    db: &DatabaseConnection,
    table: &str,
    parent: &str,
) -> Lists<i64, M> {
    let sql = format!(
        "SELECT t.*, t.{parent} AS parent_key FROM {table} t
         WHERE t.{parent} IN ({{keys}}) ORDER BY t.id"
    );
    batch(db, sql, |rows| grouped(rows, "parent_key"))
}

/// What companion files say of a movie in a list.
fn said<M: FromQueryResult + Clone + Send + Sync + 'static>(
    db: &DatabaseConnection,
    noun: &str,
) -> Lists<i64, M> {
    let sql = format!(
        "SELECT t.*, t.movie_id AS parent_key FROM movie_{noun} t
         WHERE t.movie_id IN ({{keys}}) ORDER BY t.movie_id, t.position"
    );
    batch(db, sql, |rows| grouped(rows, "parent_key"))
}

fn ratings(db: &DatabaseConnection) -> Batch<i64, Rated> {
    let count = database::integer_sum(db.get_database_backend(), "r.rating_count");
    let sql = format!(
        "SELECT l.movie_id AS parent_key, {count} AS ratings,
                SUM(r.rating_average * r.rating_count) / SUM(r.rating_count) AS average
         FROM movie_link l JOIN movie_rating r ON r.movielens_id = l.movielens_id
         WHERE l.movie_id IN ({{keys}}) GROUP BY l.movie_id"
    );
    batch(db, sql, |rows| keyed(rows, "parent_key"))
}

/// One statement for each data version asked for, which is one in most requests.
fn links<M: FromQueryResult + Clone + Send + Sync + 'static>(
    db: &DatabaseConnection,
    noun: &str,
    key: &str,
) -> Lists<At, M> {
    let sql = format!(
        "SELECT n.*, l.movie_id AS parent_key
         FROM movie_{noun} l JOIN {noun} n ON n.{key} = l.{noun}_{key}
         WHERE l.movie_id IN ({{keys}}) ORDER BY l.movie_id, l.position"
    );
    let db = db.clone();
    Batch::new(move |keys: Vec<At>| {
        let (db, sql) = (db.clone(), sql.clone());
        async move {
            let mut found: HashMap<At, Vec<M>> = HashMap::new();
            for (as_of, ids) in by_group(keys, |key| (key.as_of, key.id)) {
                let sql = with(&db, as_of) + &sql;
                let groups = grouped::<i64, M>(
                    &database::query_keys(&db, &sql, &ids, &[]).await?,
                    "parent_key",
                )?;
                found.extend(
                    groups
                        .into_iter()
                        .map(|(id, list)| (At { id, as_of }, list)),
                );
            }
            Ok(found)
        }
    })
}

/// The words before a statement that reads a data version.
pub(super) fn with(db: &DatabaseConnection, as_of: Option<i32>) -> String {
    as_of.map_or_else(String::new, |version| {
        history::as_of(db.get_database_backend(), version)
    })
}

fn file_references(db: &DatabaseConnection) -> Batch<i64, Total> {
    let sql = custody::references_sql(db.get_database_backend(), "r.source_file_id IN ({keys})");
    batch(db, sql, |rows| keyed(rows, "parent_key"))
}

/// Most lines of a log that are read at a time.
pub const MAX_LINES: u64 = 500;

/// One statement for each place in each log, which is one where all who follow it are as far.
fn log(db: &DatabaseConnection) -> Lists<Line, run_event::Model> {
    let db = db.clone();
    Batch::new(move |keys: Vec<Line>| {
        let db = db.clone();
        async move {
            let mut found = HashMap::new();
            for line in keys {
                let later = run_event::Entity::find()
                    .filter(run_event::Column::RunId.eq(line.run_id))
                    .filter(run_event::Column::Id.gt(line.id))
                    .order_by_asc(run_event::Column::Id)
                    .limit(MAX_LINES);
                found.insert(line, later.all(&db).await?);
            }
            Ok(found)
        }
    })
}

fn reasons(db: &DatabaseConnection, table: &str) -> Lists<i64, Reason> {
    let sql = format!(
        "SELECT run_id AS parent_key, code, COUNT(*) AS total FROM {table}
         WHERE run_id IN ({{keys}}) GROUP BY run_id, code ORDER BY total DESC, code"
    );
    batch(db, sql, |rows| grouped(rows, "parent_key"))
}

/// One statement for each range of years and data version asked for, which is one in most requests.
fn years<M: FromQueryResult + Clone + Send + Sync + 'static>(
    db: &DatabaseConnection,
    noun: &'static str,
    parent_of: fn(&M) -> i64,
) -> Lists<Years, M> {
    let parent = format!("{noun}_id");
    let sql = format!(
        "SELECT * FROM {noun}_year WHERE {parent} IN ({{keys}}) AND year BETWEEN ? AND ?
         ORDER BY {parent}, year"
    );
    let db = db.clone();
    Batch::new(move |keys: Vec<Years>| {
        let (db, sql) = (db.clone(), sql.clone());
        async move {
            let mut found: HashMap<Years, Vec<M>> = HashMap::new();
            for (group, ids) in by_group(keys, |key| ((key.from, key.to, key.as_of), key.id)) {
                let (from, to, as_of) = group;
                let range: [Value; 2] = [from.into(), to.into()];
                let sql = with(&db, as_of) + &sql;
                for row in database::query_keys(&db, &sql, &ids, &range).await? {
                    let model = M::from_query_result(&row, "")?;
                    let id = parent_of(&model);
                    let key = Years {
                        id,
                        from,
                        to,
                        as_of,
                    };
                    found.entry(key).or_default().push(model);
                }
            }
            Ok(found)
        }
    })
}

/// Reads the companies' rows between the first and the last year asked for, and keeps those asked for: one statement
/// for each data version.
fn company_genres(db: &DatabaseConnection) -> Lists<At<(i64, i32)>, company_genre_year::Model> {
    const SQL: &str = "SELECT * FROM company_genre_year
        WHERE company_id IN ({keys}) AND year BETWEEN ? AND ?
        ORDER BY company_id, year, movie_count DESC, genre_id";
    let db = db.clone();
    Batch::new(move |keys: Vec<At<(i64, i32)>>| {
        let db = db.clone();
        async move {
            let mut found: HashMap<_, Vec<_>> = keys.iter().map(|key| (*key, Vec::new())).collect();
            for (as_of, keys) in by_group(keys, |key| (key.as_of, key.id)) {
                let years = || keys.iter().map(|(_, year)| *year);
                let (first, last) = (years().min(), years().max());
                let range: [Value; 2] = [first.into(), last.into()];
                let mut companies: Vec<i64> = keys.iter().map(|(company, _)| *company).collect();
                companies.sort_unstable();
                companies.dedup();
                let sql = with(&db, as_of) + SQL;
                for row in database::query_keys(&db, &sql, &companies, &range).await? {
                    let model = company_genre_year::Model::from_query_result(&row, "")?;
                    let id = (model.company_id, model.year);
                    if let Some(genres) = found.get_mut(&At { id, as_of }) {
                        genres.push(model);
                    }
                }
            }
            Ok(found)
        }
    })
}

pub(super) fn by_group<K, G: Eq + Hash, I>(
    keys: Vec<K>,
    split: fn(&K) -> (G, I),
) -> HashMap<G, Vec<I>> {
    let mut groups: HashMap<G, Vec<I>> = HashMap::new();
    for key in &keys {
        let (group, id) = split(key);
        groups.entry(group).or_default().push(id);
    }
    groups
}

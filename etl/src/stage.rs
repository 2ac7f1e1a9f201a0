//! From rows to staging tables.
//!
//! The reading thread fills [`Batch`]es, a writer task inserts them; the channel between them is bounded,
//! so memory does not grow with the file.

mod batch;
mod hash;

pub use batch::Batch;
pub use hash::row_hash;

use crate::{
    Result, bulk, database,
    queue::Lease,
    record::{Issue, MovieRecord, Named, Outcome, Position, Reject, Row},
    source::Companion,
};
use chrono::Datelike;
use entity::{companion, ingest, staging};
use sea_orm::{ActiveModelTrait, ActiveValue, DatabaseConnection, IntoActiveModel};
use std::{
    borrow::Cow,
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

/// How much of a file is staged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What the mart has just so only in brief: the usual way, which makes a reload cheap.
    News,
    /// Every row whole, for the mart may change before the merge; rejects and issues are there already.
    All,
}

/// What has been staged so far.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    extent: Extent,
    /// Records of all kinds.
    pub read: i64,
    pub rejected: i64,
    pub issues: i64,
}

impl Progress {
    /// Nothing yet.
    pub fn new(extent: Extent) -> Self {
        Self {
            extent,
            read: 0,
            rejected: 0,
            issues: 0,
        }
    }

    /// Inserts a batch and writes the progress to the run, in one transaction; `bytes_read` is how far
    /// the file has been read.
    pub async fn insert(
        &mut self,
        db: &DatabaseConnection,
        lease: &Lease,
        mut batch: Batch,
        bytes_read: i64,
    ) -> Result<()> {
        self.read += batch.rows;
        self.rejected += batch.rejects.len() as i64;
        self.issues += batch.issues.len() as i64;
        let tx = database::begin(db).await?;
        // Whoever has been cut off, or whose run was cancelled, writes no more.
        lease.renew(&tx).await?;
        match self.extent {
            Extent::News => {
                let known = batch.abridge(&tx).await?;
                bulk::insert::<staging::movie::Entity, _>(&tx, known).await?;
            }
            Extent::All => {
                batch.rejects.clear();
                batch.issues.clear();
            }
        }
        batch.insert(&tx).await?;
        ingest::run::ActiveModel {
            id: ActiveValue::Set(lease.run_id),
            bytes_read: ActiveValue::Set(bytes_read),
            rows_read: ActiveValue::Set(self.read),
            rows_rejected: ActiveValue::Set(self.rejected),
            issue_count: ActiveValue::Set(self.issues),
            ..Default::default()
        }
        .update(&tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// The names a run has seen, so that each is staged once and again only where it changes.
#[derive(Default)]
struct Names<K>(HashMap<K, u64>);

impl<K: Clone + Eq + Hash> Names<K> {
    /// Whether the key is new or goes by another name than last time.
    fn news(&mut self, named: &Named<K>) -> bool {
        let mut hasher = DefaultHasher::new();
        named.name.hash(&mut hasher);
        let hash = hasher.finish();
        match self.0.get_mut(&named.id) {
            Some(known) if *known == hash => false,
            Some(known) => {
                *known = hash;
                true
            }
            None => {
                self.0.insert(named.id.clone(), hash);
                true
            }
        }
    }
}

/// Turns the rows of one run into batches.
pub struct Batcher {
    run_id: i64,
    batch: Batch,
    companies: Names<i64>,
    genres: Names<i64>,
    collections: Names<i64>,
    countries: Names<String>,
    languages: Names<String>,
}

impl Batcher {
    /// A batcher for the rows of `run_id`.
    pub fn new(run_id: i64) -> Self {
        Self {
            run_id,
            batch: Batch::default(),
            companies: Names::default(),
            genres: Names::default(),
            collections: Names::default(),
            countries: Names::default(),
            languages: Names::default(),
        }
    }

    /// Adds a row; gives the batch back when it is full.
    pub fn push(&mut self, row: Row) -> Option<Batch> {
        self.batch.rows += 1;
        self.batch.bytes += row.position.byte_length;
        match row.outcome {
            Outcome::Movie(record, issues) => {
                self.push_issues(&row.position, Some(record.id), issues);
                if let Some(keywords) = &record.keywords {
                    let said = Companion::keywords(record.id, keywords);
                    self.push_companion(&row.position, said, false);
                }
                self.push_movie(row.position, *record);
            }
            Outcome::Companion(said, issues) => {
                self.push_issues(&row.position, said.movie_id, issues);
                self.push_companion(&row.position, said, true);
            }
            Outcome::Reject(reject) => {
                let reject = reject_row(self.run_id, row.position, reject);
                self.batch.rejects.push(reject);
            }
        }
        self.batch.is_full().then(|| self.take())
    }

    /// What is left at the end.
    pub fn take(&mut self) -> Batch {
        std::mem::take(&mut self.batch)
    }

    fn push_issues(&mut self, position: &Position, movie_id: Option<i64>, issues: Vec<Issue>) {
        let row = |issue| issue_row(self.run_id, position, movie_id, issue);
        self.batch.issues.extend(issues.into_iter().map(row));
    }

    fn push_companion(&mut self, position: &Position, said: Companion, own: bool) {
        self.batch.companions.push(
            companion::staging::Model {
                run_id: self.run_id,
                line: position.line as i64,
                kind: said.kind.name().to_owned(),
                id: said.id,
                sub: said.sub,
                own,
                payload: said.payload,
                byte_offset: position.byte_offset as i64,
                byte_length: position.byte_length as i64,
            }
            .into_active_model(),
        );
    }

    fn push_movie(&mut self, position: Position, record: MovieRecord) {
        let (run_id, line) = (self.run_id, position.line as i64);
        let row_hash = row_hash(&record).to_vec();
        let batch = &mut self.batch;

        // Each list: stage names that are news, then the links in file order.
        macro_rules! list {
            ($list:expr, $names:expr, $named:ident, $named_rows:ident, $key:ident, $link:ident, $links:ident, $link_key:ident) => {
                for (position, named) in (0i32..).zip($list) {
                    let news = $names.news(&named);
                    batch.$links.push(staging::$link::ActiveModel {
                        run_id: ActiveValue::Set(run_id),
                        line: ActiveValue::Set(line),
                        $link_key: ActiveValue::Set(named.id.clone()),
                        position: ActiveValue::Set(position),
                    });
                    if news {
                        batch.$named_rows.push(staging::$named::ActiveModel {
                            run_id: ActiveValue::Set(run_id),
                            line: ActiveValue::Set(line),
                            $key: ActiveValue::Set(named.id),
                            name: ActiveValue::Set(named.name),
                        });
                    }
                }
            };
        }
        list!(
            record.companies,
            self.companies,
            company,
            companies,
            id,
            movie_company,
            movie_companies,
            company_id
        );
        list!(
            record.genres,
            self.genres,
            genre,
            genres,
            id,
            movie_genre,
            movie_genres,
            genre_id
        );
        list!(
            record.countries,
            self.countries,
            country,
            countries,
            code,
            movie_country,
            movie_countries,
            country_code
        );
        list!(
            record.languages,
            self.languages,
            language,
            languages,
            code,
            movie_language,
            movie_languages,
            language_code
        );

        let collection_id = record.collection.as_ref().map(|collection| collection.id);
        if let Some(collection) = record.collection
            && self.collections.news(&collection)
        {
            batch.collections.push(staging::collection::ActiveModel {
                run_id: ActiveValue::Set(run_id),
                line: ActiveValue::Set(line),
                id: ActiveValue::Set(collection.id),
                name: ActiveValue::Set(collection.name),
            });
        }
        batch.movies.push(staging::movie::Model {
            run_id,
            line,
            movie_id: record.id,
            title: record.title,
            original_title: record.original_title,
            imdb_id: record.imdb_id,
            adult: record.adult,
            budget: record.budget,
            revenue: record.revenue,
            popularity: record.popularity,
            release_year: record
                .release_date
                .filter(|_| !record.uncounted)
                .map(|date| date.year()),
            release_date: record.release_date,
            runtime: record.runtime,
            status: record.status,
            original_language: record.original_language,
            overview: record.overview,
            tagline: record.tagline,
            homepage: record.homepage,
            poster_path: record.poster_path,
            video: record.video,
            vote_average: record.vote_average,
            vote_count: record.vote_count,
            collection_id,
            row_hash,
            whole: true,
            byte_offset: position.byte_offset as i64,
            byte_length: position.byte_length as i64,
        });
    }
}

fn reject_row(run_id: i64, position: Position, reject: Reject) -> ingest::reject::ActiveModel {
    ingest::reject::ActiveModel {
        id: ActiveValue::NotSet,
        run_id: ActiveValue::Set(run_id),
        line: ActiveValue::Set(position.line as i64),
        byte_offset: ActiveValue::Set(position.byte_offset as i64),
        byte_length: ActiveValue::Set(position.byte_length as i64),
        code: ActiveValue::Set(reject.code.into_owned()),
        severity: ActiveValue::Set(reject.severity),
        rule: ActiveValue::Set(reject.rule.into_owned()),
        column_name: ActiveValue::Set(reject.column.map(Cow::into_owned)),
        value: ActiveValue::Set(reject.value),
        message: ActiveValue::Set(reject.message.into_string()),
    }
}

fn issue_row(
    run_id: i64,
    position: &Position,
    movie_id: Option<i64>,
    issue: Issue,
) -> ingest::issue::ActiveModel {
    ingest::issue::ActiveModel {
        id: ActiveValue::NotSet,
        run_id: ActiveValue::Set(run_id),
        line: ActiveValue::Set(position.line as i64),
        byte_offset: ActiveValue::Set(Some(position.byte_offset as i64)),
        byte_length: ActiveValue::Set(Some(position.byte_length as i64)),
        movie_id: ActiveValue::Set(movie_id),
        code: ActiveValue::Set(issue.code.into_owned()),
        severity: ActiveValue::Set(issue.severity),
        rule: ActiveValue::Set(issue.rule.into_owned()),
        column_name: ActiveValue::Set(issue.column.map(Cow::into_owned)),
        old_value: ActiveValue::Set(issue.old_value),
        new_value: ActiveValue::Set(issue.new_value),
        message: ActiveValue::Set(issue.message),
    }
}

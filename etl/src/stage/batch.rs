//! Rows that are inserted together.

use crate::bulk;
use entity::{companion, ingest, mart, staging};
use sea_orm::{
    ActiveValue, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect,
};
use std::collections::{HashMap, HashSet};

/// A batch is handed over when it has this many movies …
const BATCH_ROWS: usize = 4 * bulk::CHUNK;
/// … or this many bytes of records, which keeps a statement under the server's packet size.
const BATCH_BYTES: u64 = 4 << 20;

/// Rows ready to be inserted, and what was counted on the way.
#[derive(Default)]
pub struct Batch {
    pub(super) movies: Vec<staging::movie::Model>,
    pub(super) companies: Vec<staging::company::ActiveModel>,
    pub(super) genres: Vec<staging::genre::ActiveModel>,
    pub(super) collections: Vec<staging::collection::ActiveModel>,
    pub(super) countries: Vec<staging::country::ActiveModel>,
    pub(super) languages: Vec<staging::language::ActiveModel>,
    pub(super) movie_companies: Vec<staging::movie_company::ActiveModel>,
    pub(super) movie_genres: Vec<staging::movie_genre::ActiveModel>,
    pub(super) movie_countries: Vec<staging::movie_country::ActiveModel>,
    pub(super) movie_languages: Vec<staging::movie_language::ActiveModel>,
    pub(super) companions: Vec<companion::staging::ActiveModel>,
    pub(super) rejects: Vec<ingest::reject::ActiveModel>,
    pub(super) issues: Vec<ingest::issue::ActiveModel>,
    pub(super) bytes: u64,
    /// Records in this batch, of all kinds.
    pub(super) rows: i64,
}

impl Batch {
    /// Whether the batch should be handed over.
    pub(super) fn is_full(&self) -> bool {
        self.movies.len() + self.companions.len() >= BATCH_ROWS
            || self.bytes >= BATCH_BYTES
            || self.rejects.len() + self.issues.len() >= BATCH_ROWS
    }

    /// Takes out the movies that the mart has just so, with their links; answers what is to be staged of
    /// them: that they are there.
    pub(super) async fn abridge<C: ConnectionTrait>(
        &mut self,
        db: &C,
    ) -> Result<Vec<staging::movie::ActiveModel>, DbErr> {
        let mut hashes = HashMap::with_capacity(self.movies.len());
        for movies in self.movies.chunks(bulk::CHUNK) {
            let found: Vec<(i64, Vec<u8>)> = mart::movie::Entity::find()
                .select_only()
                .columns([mart::movie::Column::Id, mart::movie::Column::RowHash])
                .filter(mart::movie::Column::Id.is_in(movies.iter().map(|movie| movie.movie_id)))
                .into_tuple()
                .all(db)
                .await?;
            hashes.extend(found);
        }
        let is_known = |movie: &staging::movie::Model| {
            let hash = hashes.get(&movie.movie_id);
            hash.is_some_and(|hash| *hash == movie.row_hash)
        };
        let (known, news): (Vec<_>, Vec<_>) = std::mem::take(&mut self.movies)
            .into_iter()
            .partition(is_known);
        self.movies = news;
        if known.is_empty() {
            return Ok(Vec::new());
        }
        let lines: HashSet<i64> = known.iter().map(|movie| movie.line).collect();
        macro_rules! without_known {
            ($($links:ident)*) => {$(
                self.$links.retain(|link| !link.line.try_as_ref().is_some_and(|l| lines.contains(l)));
            )*};
        }
        without_known!(movie_companies movie_genres movie_countries movie_languages);
        let brief = |movie: staging::movie::Model| staging::movie::ActiveModel {
            run_id: ActiveValue::Set(movie.run_id),
            line: ActiveValue::Set(movie.line),
            movie_id: ActiveValue::Set(movie.movie_id),
            title: ActiveValue::Set(String::new()),
            row_hash: ActiveValue::Set(movie.row_hash),
            whole: ActiveValue::Set(false),
            byte_offset: ActiveValue::Set(movie.byte_offset),
            byte_length: ActiveValue::Set(movie.byte_length),
            ..Default::default()
        };
        Ok(known.into_iter().map(brief).collect())
    }

    /// Writes the batch to the staging and reject tables.
    pub(super) async fn insert<C: ConnectionTrait>(self, db: &C) -> Result<(), DbErr> {
        let movies = self
            .movies
            .into_iter()
            .map(IntoActiveModel::into_active_model);
        bulk::insert::<staging::movie::Entity, _>(db, movies.collect()).await?;
        bulk::insert::<staging::company::Entity, _>(db, self.companies).await?;
        bulk::insert::<staging::genre::Entity, _>(db, self.genres).await?;
        bulk::insert::<staging::collection::Entity, _>(db, self.collections).await?;
        bulk::insert::<staging::country::Entity, _>(db, self.countries).await?;
        bulk::insert::<staging::language::Entity, _>(db, self.languages).await?;
        bulk::insert::<staging::movie_company::Entity, _>(db, self.movie_companies).await?;
        bulk::insert::<staging::movie_genre::Entity, _>(db, self.movie_genres).await?;
        bulk::insert::<staging::movie_country::Entity, _>(db, self.movie_countries).await?;
        bulk::insert::<staging::movie_language::Entity, _>(db, self.movie_languages).await?;
        bulk::insert::<companion::staging::Entity, _>(db, self.companions).await?;
        bulk::insert::<ingest::reject::Entity, _>(db, self.rejects).await?;
        bulk::insert::<ingest::issue::Entity, _>(db, self.issues).await
    }
}

//! A mart copied into a scratch database: what a reprocessing run looks at, without its past.

use super::Scratch;
use crate::{Result, bulk, differ::Source, outcome, queue};
use entity::{aggregate, companion, ingest::run, ingest::source_file, mart};
use futures::TryStreamExt;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QuerySelect, QueryTrait, Select, TransactionTrait,
};

impl Scratch {
    /// Copies the mart of another database, its aggregates and its files into this one, which is empty.
    ///
    /// # Errors
    /// When a database does not answer.
    pub async fn copy<C: Source>(&self, from: &C) -> Result<()> {
        let to = self.db.begin().await?;
        copy_as::<source_file::Entity, _, _>(from, &to, source_file::Entity::find(), |file| {
            file.into_active_model()
        })
        .await?;
        // Of the runs only those that movies and companions came with, and of these no more than that.
        let movies = mart::movie::Entity::find()
            .select_only()
            .column(mart::movie::Column::RunId)
            .into_query();
        let companions = companion::fact::Entity::find()
            .select_only()
            .column(companion::fact::Column::RunId)
            .into_query();
        let owners = run::Entity::find().filter(
            Condition::any()
                .add(run::Column::Id.in_subquery(movies))
                .add(run::Column::Id.in_subquery(companions)),
        );
        copy_as::<run::Entity, _, _>(from, &to, owners, |run| run::ActiveModel {
            id: Set(run.id),
            kind: Set(run.kind),
            status: Set(run.status),
            source_file_id: Set(run.source_file_id),
            ..queue::new_run(run.file_name, run.triggered_by.into(), run.rule_version)
        })
        .await?;
        macro_rules! tables {
            ($($family:ident::$table:ident)*) => {$(
                let all = $family::$table::Entity::find();
                copy_as::<$family::$table::Entity, _, _>(from, &to, all, |row| {
                    row.into_active_model()
                })
                .await?;
            )*};
        }
        tables! {
            mart::collection mart::company mart::genre mart::country mart::language
            mart::movie
            mart::movie_company mart::movie_genre mart::movie_country mart::movie_language
            aggregate::year_total aggregate::company_year aggregate::genre_year
            aggregate::company_genre_year
            companion::fact companion::keyword companion::cast companion::crew companion::link
            companion::rating
        }
        let version = outcome::version(from).await?;
        let sql = "UPDATE mart_state SET version = ? WHERE id = 1";
        crate::database::execute(&to, sql, [version.into()]).await?;
        to.commit().await?;
        Ok(())
    }
}

/// Copies the rows of a statement, a chunk at a time.
async fn copy_as<E, C, T>(
    from: &C,
    to: &T,
    select: Select<E>,
    row: impl Fn(E::Model) -> E::ActiveModel,
) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::ActiveModel: Send,
    C: Source,
    T: ConnectionTrait,
{
    let mut rows = std::pin::pin!(select.stream(from).await?);
    let mut chunk = Vec::with_capacity(bulk::CHUNK);
    while let Some(found) = rows.try_next().await? {
        chunk.push(row(found));
        if chunk.len() == bulk::CHUNK {
            bulk::insert::<E, _>(to, std::mem::take(&mut chunk)).await?;
        }
    }
    bulk::insert::<E, _>(to, chunk).await
}

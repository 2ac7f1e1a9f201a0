//! The folded names, brought up to date by every merge with just what it names otherwise.

use super::{Noun, fold::fold};
use crate::{Result, aggregate::Recount, bulk, database, differ::Source, outcome};
use entity::search::name;
use futures::TryStreamExt;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, QueryResult, Value,
};
use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
};

/// Things whose names are looked at at once.
const PAGE: usize = 10_000;

/// The names of something: a movie's title and original title, anything else's name.
type Names = [Option<String>; 2];

/// The rows of something's names. An original title that differs from the title in case or accents only gives
/// none.
fn rows(noun: Noun, id: i64, names: &Names) -> Vec<name::Model> {
    let mut rows: Vec<name::Model> = Vec::with_capacity(names.len());
    for (part, name) in (0..).zip(names.iter().flatten()) {
        let name = fold(name);
        if !name.is_empty() && !rows.iter().any(|row| row.name == name) {
            rows.push(name::Model {
                noun: noun.table().to_owned(),
                id,
                part,
                name,
            });
        }
    }
    rows
}

/// Rows that go and rows that come.
#[derive(Default)]
struct Changes {
    gone: Vec<name::Model>,
    come: Vec<name::Model>,
}

impl Changes {
    /// Takes up what something was and is named.
    fn add(&mut self, noun: Noun, id: i64, before: &Names, after: &Names) {
        let (before, after) = (rows(noun, id, before), rows(noun, id, after));
        if before != after {
            self.gone.extend(before);
            self.come.extend(after);
        }
    }

    async fn write<C: ConnectionTrait>(self, db: &C) -> Result<(), DbErr> {
        if !self.gone.is_empty() {
            delete(db, &self.gone).await?;
        }
        let come = self.come.into_iter().map(name::Model::into_active_model);
        bulk::insert::<name::Entity, _>(db, come.collect()).await
    }
}

async fn delete<C: ConnectionTrait>(db: &C, gone: &[name::Model]) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    let columns = ["noun", "id", "part"];
    let list = database::json_rows(
        backend,
        "?",
        "$",
        &[
            ("noun", "VARCHAR(16)"),
            ("id", "BIGINT"),
            ("part", "INTEGER"),
        ],
    );
    let values = list.values.iter().zip(columns);
    let values: Vec<String> = values.map(|(value, c)| format!("{value} AS {c}")).collect();
    let select = format!("SELECT {} FROM {}", values.join(", "), list.source);
    let keys = gone
        .iter()
        .map(|row| serde_json::json!({"noun": row.noun, "id": row.id, "part": row.part}));
    let keys = serde_json::Value::Array(keys.collect()).to_string();
    let sql = database::delete_among(backend, "search_name", &columns, &select);
    database::execute(db, &sql, [keys.into()]).await?;
    Ok(())
}

/// Brings the names up to date with what a run's merge as version `version` has made of movies and names; inside
/// the merging transaction, after everything else.
pub(crate) async fn refresh<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    version: i32,
) -> Result<(), DbErr> {
    for kind in ["inserted", "updated", "deleted"] {
        movies(db, run_id, version, kind).await?;
    }
    for noun in [Noun::Company, Noun::Genre, Noun::Collection] {
        names(db, noun, version).await?;
    }
    Ok(())
}

async fn movies<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    version: i32,
    kind: &str,
) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    let differs = |column: &str| {
        let before = database::exact(backend, &format!("p.{column}"));
        format!("COALESCE({before}, '') <> COALESCE(m.{column}, '')")
    };
    let sql = format!(
        "SELECT c.line, c.movie_id, p.title, p.original_title, m.title, m.original_title
         FROM staging_change c
         LEFT JOIN past_movie p ON p.id = c.movie_id AND p.until_version = ?
         LEFT JOIN movie m ON m.id = c.movie_id
         WHERE c.run_id = ? AND c.kind = ? AND c.line > ? AND ({} OR {})
         ORDER BY c.line LIMIT {PAGE}",
        differs("title"),
        differs("original_title"),
    );
    let mut line = i64::MIN;
    loop {
        let values: [Value; 4] = [version.into(), run_id.into(), kind.into(), line.into()];
        let found = database::query(db, &sql, values).await?;
        let mut changes = Changes::default();
        for row in &found {
            line = row.try_get_by_index(0)?;
            let (before, after) = (titles(row, 2)?, titles(row, 4)?);
            changes.add(Noun::Movie, row.try_get_by_index(1)?, &before, &after);
        }
        changes.write(db).await?;
        if found.len() < PAGE {
            return Ok(());
        }
    }
}

fn titles(row: &QueryResult, at: usize) -> Result<Names, DbErr> {
    Ok([row.try_get_by_index(at)?, row.try_get_by_index(at + 1)?])
}

async fn names<C: ConnectionTrait>(db: &C, noun: Noun, version: i32) -> Result<(), DbErr> {
    let table = noun.table();
    let sql = format!(
        "SELECT p.name_key, p.name, n.name FROM past_name p
         LEFT JOIN {table} n ON n.id = CAST(p.name_key AS SIGNED)
         WHERE p.noun = '{table}' AND p.until_version = ? AND p.name_key > ?
         ORDER BY p.name_key LIMIT {PAGE}"
    );
    let mut key = String::new();
    loop {
        let found = database::query(db, &sql, [version.into(), key.as_str().into()]).await?;
        let mut changes = Changes::default();
        for row in &found {
            key = row.try_get_by_index(0)?;
            let id = key
                .parse()
                .map_err(|_| DbErr::Type(format!("{key} is no id")))?;
            let (before, after) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            changes.add(noun, id, &[before, None], &[after, None]);
        }
        changes.write(db).await?;
        if found.len() < PAGE {
            return Ok(());
        }
    }
}

/// A page of the mart's names of a noun, those after an id, by id.
async fn page<C: ConnectionTrait>(
    db: &C,
    noun: Noun,
    after: i64,
) -> Result<Vec<(i64, Names)>, DbErr> {
    let second = match noun {
        Noun::Movie => "original_title",
        _ => "NULL",
    };
    let first = if noun == Noun::Movie { "title" } else { "name" };
    let sql = format!(
        "SELECT id, {first}, {second} FROM {} WHERE id > ? ORDER BY id LIMIT {PAGE}",
        noun.table()
    );
    let found = database::query(db, &sql, [after.into()]).await?;
    let named = found
        .iter()
        .map(|row| Ok((row.try_get_by_index(0)?, titles(row, 1)?)));
    named.collect()
}

/// Folds the names of a mart that was filled before they were kept folded.
///
/// # Errors
/// When the database does not answer.
pub async fn ensure(db: &DatabaseConnection) -> Result<()> {
    if !is_missing(db).await? {
        return Ok(());
    }
    let tx = database::begin(db).await?;
    // No merge and no other instance goes on meanwhile.
    let lock = "UPDATE mart_state SET version = version WHERE id = 1";
    database::execute(&tx, lock, []).await?;
    if is_missing(&tx).await? {
        for noun in Noun::ALL {
            let mut after = i64::MIN;
            loop {
                let named = page(&tx, noun, after).await?;
                let mut changes = Changes::default();
                for (id, names) in &named {
                    after = *id;
                    changes.add(noun, *id, &[None, None], names);
                }
                changes.write(&tx).await?;
                if named.len() < PAGE {
                    break;
                }
            }
        }
    }
    tx.commit().await?;
    Ok(())
}

async fn is_missing<C: ConnectionTrait>(db: &C) -> Result<bool> {
    if outcome::version(db).await? == 0 {
        return Ok(false);
    }
    let empty = async |table: &str| {
        let sql = format!("SELECT 1 FROM {table} LIMIT 1");
        database::query(db, &sql, [])
            .await
            .map(|rows| rows.is_empty())
    };
    Ok(empty("search_name").await? && !empty("movie").await?)
}

/// Rows counted, and the sum of their hashes, in whatever order they come.
#[derive(Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    hashes: u64,
}

impl Sum {
    fn add(&mut self, row: &name::Model) {
        let mut hasher = DefaultHasher::new();
        (&row.noun, row.id, row.part, &row.name).hash(&mut hasher);
        self.rows += 1;
        self.hashes = self.hashes.wrapping_add(hasher.finish());
    }
}

/// Folds the mart's names anew and compares them with what is stored.
pub(crate) async fn recount<C: Source>(db: &C) -> Result<Recount, DbErr> {
    let mut stored: [Sum; Noun::ALL.len()] = Default::default();
    let mut rows_stored = name::Entity::find().stream(db).await?;
    while let Some(row) = rows_stored.try_next().await? {
        if let Some(at) = Noun::ALL.iter().position(|noun| noun.table() == row.noun) {
            stored[at].add(&row);
        }
    }
    drop(rows_stored);
    let mut recount = Recount {
        table: "search_name",
        groups: 0,
        differences: Vec::new(),
    };
    for (noun, stored) in Noun::ALL.into_iter().zip(stored) {
        let mut fresh = Sum::default();
        let mut after = i64::MIN;
        loop {
            let named = page(db, noun, after).await?;
            for (id, names) in &named {
                after = *id;
                for row in rows(noun, *id, names) {
                    fresh.add(&row);
                }
            }
            if named.len() < PAGE {
                break;
            }
        }
        recount.groups += fresh.rows;
        if fresh != stored {
            recount.differences.push(format!(
                "search_name: {} rows of {}, which are not those of the {} that the mart gives",
                stored.rows,
                noun.table(),
                fresh.rows
            ));
        }
    }
    Ok(recount)
}

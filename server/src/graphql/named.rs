//! What movies refer to, as it is or as it was in a data version.

use super::{
    batch::{Batch, keyed},
    load::{by_group, with},
};
use entity::mart::{collection, company, country, genre, language};
use etl::database;
use sea_orm::{DatabaseConnection, FromQueryResult, TryGetable, Value};
use std::{collections::HashMap, hash::Hash};

/// A thing's key, and the data version it is wanted of; the newest where there is none.
pub type At<K> = (K, Option<i32>);

/// Companies, genres and the like by their keys.
pub struct Named {
    pub company: Batch<At<i64>, company::Model>,
    pub genre: Batch<At<i64>, genre::Model>,
    pub collection: Batch<At<i64>, collection::Model>,
    pub country: Batch<At<String>, country::Model>,
    pub language: Batch<At<String>, language::Model>,
}

impl Named {
    /// Loaders for one request.
    pub fn new(db: &DatabaseConnection) -> Self {
        Self {
            company: named(db, "company", "id"),
            genre: named(db, "genre", "id"),
            collection: named(db, "collection", "id"),
            country: named(db, "country", "code"),
            language: named(db, "language", "code"),
        }
    }
}

/// One statement for each data version asked for, which is one in most requests.
fn named<K, M>(db: &DatabaseConnection, table: &str, key: &'static str) -> Batch<At<K>, M>
where
    K: Clone + Eq + Hash + Into<Value> + TryGetable + Send + Sync + 'static,
    M: FromQueryResult + Clone + Send + Sync + 'static,
{
    let sql = format!("SELECT * FROM {table} WHERE {key} IN ({{keys}})");
    let db = db.clone();
    Batch::new(move |keys: Vec<At<K>>| {
        let (db, sql) = (db.clone(), sql.clone());
        async move {
            let mut found: HashMap<At<K>, M> = HashMap::new();
            for (as_of, keys) in by_group(keys, |(key, as_of)| (*as_of, key.clone())) {
                let sql = with(&db, as_of) + &sql;
                let models =
                    keyed::<K, M>(&database::query_keys(&db, &sql, &keys, &[]).await?, key)?;
                found.extend(models.into_iter().map(|(key, model)| ((key, as_of), model)));
            }
            Ok(found)
        }
    })
}

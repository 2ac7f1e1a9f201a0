//! Published rule sets, which are never changed.

use super::{DEFAULT, RuleSet, definition};
use crate::{Error, Result, asker::By, audit::Event, database};
use chrono::{DateTime, Utc};
use entity::ingest::rule_set;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection,
    EntityTrait, QueryFilter, QueryOrder,
};
use sha2::{Digest, Sha256};

/// A published set.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Published {
    pub version: i32,
    /// The SHA-256 of the body.
    pub hash: String,
    pub author: String,
    pub note: String,
    /// The TOML.
    pub body: String,
    /// None for the set Marquee comes with.
    pub published_at: Option<DateTime<Utc>>,
}

impl From<rule_set::Model> for Published {
    fn from(row: rule_set::Model) -> Self {
        Self {
            version: row.version,
            hash: row.hash,
            author: row.author,
            note: row.note,
            body: row.body,
            published_at: Some(row.published_at),
        }
    }
}

fn hash(body: &str) -> String {
    hex::encode(Sha256::digest(body.as_bytes()))
}

fn built_in() -> Published {
    let rules = RuleSet::default();
    Published {
        version: rules.version,
        hash: hash(DEFAULT),
        author: rules.author,
        note: rules.note,
        body: DEFAULT.to_owned(),
        published_at: None,
    }
}

/// All sets, newest first.
pub async fn list<C: ConnectionTrait>(db: &C) -> Result<Vec<Published>> {
    let rows = rule_set::Entity::find()
        .order_by_desc(rule_set::Column::Version)
        .all(db)
        .await?;
    let rows = rows.into_iter().map(Published::from);
    Ok(rows.chain([built_in()]).collect())
}

/// A set by its version.
///
/// # Errors
/// [`Error::Input`] when there is none.
pub async fn find<C: ConnectionTrait>(db: &C, version: i32) -> Result<Published> {
    if version == 1 {
        return Ok(built_in());
    }
    let row = rule_set::Entity::find_by_id(version).one(db).await?;
    row.map(Published::from)
        .ok_or_else(|| Error::Input(format!("there is no rule set of version {version}")))
}

/// The newest set's version.
pub async fn newest<C: ConnectionTrait>(db: &C) -> Result<i32> {
    let row = rule_set::Entity::find()
        .order_by_desc(rule_set::Column::Version)
        .one(db)
        .await?;
    Ok(row.map_or(1, |row| row.version))
}

/// The version asked for, which must exist, or else the newest.
///
/// # Errors
/// As [`find`].
pub async fn chosen<C: ConnectionTrait>(db: &C, version: Option<i32>) -> Result<i32> {
    match version {
        Some(version) => Ok(find(db, version).await?.version),
        None => newest(db).await,
    }
}

/// A set ready to be used.
///
/// # Errors
/// As [`find`].
pub async fn load<C: ConnectionTrait>(db: &C, version: i32) -> Result<RuleSet> {
    let body = find(db, version).await?.body;
    definition::parse(&body, version).map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Error::Internal(format!("rule set {version}: {}", problems.join("; ")))
    })
}

/// Publishes a set as the next version, whose author is who does it.
///
/// # Errors
/// [`Error::Input`] with everything that is wrong with it, or when it was published before.
pub async fn publish(
    db: &DatabaseConnection,
    body: &str,
    by: By<'_>,
    note: &str,
) -> Result<Published> {
    definition::parse(body, 0).map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Error::Input(problems.join("\n"))
    })?;
    let hash = hash(body);
    let tx = database::begin(db).await?;
    // Whoever publishes at the same time waits here.
    database::execute(
        &tx,
        "UPDATE mart_state SET version = version WHERE id = 1",
        [],
    )
    .await?;
    let known = rule_set::Entity::find()
        .filter(rule_set::Column::Hash.eq(&hash))
        .one(&tx)
        .await?;
    let same = known
        .map(|row| row.version)
        .or((hash == built_in().hash).then_some(1));
    if let Some(version) = same {
        tx.rollback().await?;
        return Err(Error::Input(format!(
            "these very rules are published as version {version}"
        )));
    }
    let before = find(&tx, newest(&tx).await?).await?;
    let row = rule_set::ActiveModel {
        version: Set(before.version + 1),
        hash: Set(hash),
        author: Set(by.actor.to_owned()),
        note: Set(note.to_owned()),
        body: Set(body.to_owned()),
        published_at: Set(Utc::now()),
    }
    .insert(&tx)
    .await?;
    let event = Event {
        action: "rule.publish",
        subject: format!("rules {}", row.version),
        before: Some(before.hash),
        after: Some(row.hash.clone()),
        ..Default::default()
    };
    by.record(&tx, event).await?;
    tx.commit().await?;
    Ok(row.into())
}

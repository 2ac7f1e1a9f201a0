//! Whether the chain of events is whole.

use super::hash;
use crate::verify::Check;
use entity::access::{audit_event, audit_head};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// Events that are read at once.
const PAGE: u64 = 1000;

/// Follows the chain from its first event to its head, and tells where it first breaks.
///
/// `db` reads one state of the database, or events that are written meanwhile look like too many.
///
/// # Errors
/// When the database does not answer.
pub async fn check<C: ConnectionTrait>(db: &C) -> Result<Check, DbErr> {
    let mut check = Check {
        name: "audit".to_owned(),
        checked: 0,
        differences: Vec::new(),
    };
    let head = audit_head::Entity::find_by_id(1).one(db).await?;
    let (mut last, mut previous) = (0_i64, hash::NONE.to_owned());
    loop {
        let page = audit_event::Entity::find()
            .filter(audit_event::Column::Id.gt(last))
            .order_by_asc(audit_event::Column::Id)
            .limit(PAGE)
            .all(db)
            .await?;
        if page.is_empty() {
            break;
        }
        for event in page {
            check.checked += 1;
            if let Some(broken) = broken(&event, last, &previous) {
                check.differences.push(broken);
                return Ok(check);
            }
            (last, previous) = (event.id, event.hash);
        }
    }
    check.differences.extend(match head {
        None => Some("the trail's head is gone".to_owned()),
        Some(head) if head.sequence > last => Some(format!(
            "{} missing at the end",
            span(last + 1, head.sequence)
        )),
        Some(head) if head.sequence < last || head.hash != previous => {
            Some(format!("event {last}: was not written by Marquee"))
        }
        Some(_) => None,
    });
    Ok(check)
}

/// What is wrong with an event that follows `last`, which has the hash `previous`.
fn broken(event: &audit_event::Model, last: i64, previous: &str) -> Option<String> {
    let id = event.id;
    if id != last + 1 {
        return Some(format!("{} missing", span(last + 1, id - 1)));
    }
    if event.previous_hash != previous {
        return Some(format!("event {id}: does not follow the one before it"));
    }
    (event.hash != hash::of(event)).then(|| format!("event {id}: was changed after it was written"))
}

fn span(first: i64, last: i64) -> String {
    match first == last {
        true => format!("event {first}: is"),
        false => format!("events {first} to {last}: are"),
    }
}

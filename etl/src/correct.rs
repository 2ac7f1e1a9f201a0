//! Rejected records with other values: a file of their own, which is archived and read like any other.

use crate::{
    Error, Result,
    asker::Asker,
    chain::Chain,
    control::{self, insert_run_of},
    csv::Reader,
    custody, database, lineage,
    queue::{self, new_run},
    read::{self, ReadOptions},
    record::Position,
    rules,
};
use entity::ingest::reject;
use sea_orm::EntityTrait;
use std::io::Write;
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

/// Queues a rejected record with these values, by the file's column, in place of its own; the file it came
/// from stays as it is. A record whose fields cannot be told apart begins empty.
///
/// # Errors
/// [`Error::Input`] when there is no such reject or column or its file was deleted, [`Error::Archive`] when the archive does not
/// give the record or take the correction.
pub async fn correct(
    chain: &Chain,
    reject_id: i64,
    values: &[(String, String)],
    asker: impl Into<Asker<'_>>,
) -> Result<i64> {
    let asker = asker.into();
    let db = &chain.db;
    let reject = reject::Entity::find_by_id(reject_id)
        .one(db)
        .await?
        .ok_or_else(|| Error::Input(format!("there is no reject {reject_id}")))?;
    let old = control::find(db, reject.run_id).await?;
    let file = queue::file_of(db, &old)
        .await?
        .ok_or_else(|| Error::Internal(format!("run {} has rejects but no file", old.id)))?;
    let input = custody::open(db, &chain.archive, &file).await?;
    let name = old.file_name.clone();
    let columns = spawn_blocking(move || read::header(&name, input, &ReadOptions::default()))
        .await
        .map_err(|error| Error::Internal(format!("reading a header stopped: {error}")))??;
    let position = Position {
        line: reject.line.unsigned_abs(),
        byte_offset: reject.byte_offset.unsigned_abs(),
        byte_length: reject.byte_length.unsigned_abs(),
    };
    let raw = lineage::raw_bytes(db, &chain.archive, &old.file_name, &file, &position).await?;
    let fields = corrected(&columns, &raw, values)?;

    let temporary = write(&columns, &fields).map_err(|source| Error::Io {
        path: std::env::temp_dir(),
        source,
    })?;
    let stem = old.file_name.split('.').next().unwrap_or(&old.file_name);
    let name = format!("{stem}.line-{}.correction.csv", reject.line);
    let file = custody::take(chain, temporary.path(), &name, None)
        .await?
        .file;
    let rule_version = rules::store::newest(db).await?;
    let tx = database::begin(db).await?;
    let new = new_run(name, asker, rule_version);
    let new = insert_run_of(&tx, &file, new, 0).await?;
    let subject = format!("reject {reject_id}");
    asker.queued(&tx, "reject.correct", subject, &[new]).await?;
    tx.commit().await?;
    Ok(new)
}

/// The record's fields in the columns' order, with the given values.
fn corrected(columns: &[String], raw: &[u8], values: &[(String, String)]) -> Result<Vec<Vec<u8>>> {
    let mut reader = Reader::new(raw, ReadOptions::default().max_record_bytes);
    let record = reader
        .next_record()
        .map_err(|error| Error::Internal(error.to_string()))?;
    let mut fields: Vec<Vec<u8>> = record
        .iter()
        .flat_map(|record| record.fields().map(<[u8]>::to_vec))
        .collect();
    if fields.len() != columns.len() {
        fields = vec![Vec::new(); columns.len()];
    }
    for (column, value) in values {
        let place = columns
            .iter()
            .position(|known| known.trim().eq_ignore_ascii_case(column));
        let place = place.ok_or_else(|| {
            Error::Input(format!(
                "the file has no column {column}; it has {}",
                columns.join(", ")
            ))
        })?;
        fields[place] = value.as_bytes().to_vec();
    }
    Ok(fields)
}

fn write(columns: &[String], fields: &[Vec<u8>]) -> std::io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    let mut writer = ::csv::Writer::from_writer(&mut file);
    writer.write_record(columns)?;
    writer.write_record(fields)?;
    writer.flush()?;
    drop(writer);
    file.flush()?;
    Ok(file)
}

//! Large inserts through SeaORM entities: one prepared statement for up to a thousand rows.

use sea_orm::{
    ActiveModelTrait, ActiveValue, ConnectionTrait, DbErr, EntityTrait, IdenStatic, Iterable,
    Statement, Value,
};

/// Rows of one statement; more gains nothing on either engine.
pub const CHUNK: usize = 1000;

/// SQLite takes at most 32,766 values in a statement, MySQL 65,535.
const MAX_VALUES: usize = 32_000;

/// Inserts `rows` of one entity; columns not set in the first row are left to the database.
pub async fn insert<E, C>(db: &C, rows: Vec<E::ActiveModel>) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::ActiveModel: Send,
    C: ConnectionTrait,
{
    let Some(first) = rows.first() else {
        return Ok(());
    };
    let columns: Vec<E::Column> = E::Column::iter()
        .filter(|column| !first.get(*column).is_not_set())
        .collect();
    let chunk = CHUNK.min(MAX_VALUES / columns.len());
    let names: Vec<&str> = columns.iter().map(|column| column.as_str()).collect();
    let head = format!(
        "INSERT INTO {} ({}) VALUES ",
        E::default().table_name(),
        names.join(", ")
    );
    let row = format!("({})", vec!["?"; columns.len()].join(", "));

    let mut left = rows.len();
    let mut rows = rows.into_iter();
    while left > 0 {
        // Few sizes make few statements, which a connection keeps prepared.
        let count = match left {
            left if left >= chunk => chunk,
            left => 1 << left.ilog2(),
        };
        left -= count;
        let mut values: Vec<Value> = Vec::with_capacity(count * columns.len());
        for mut model in rows.by_ref().take(count) {
            for column in &columns {
                match model.take(*column) {
                    ActiveValue::Set(value) | ActiveValue::Unchanged(value) => values.push(value),
                    ActiveValue::NotSet => {
                        return Err(DbErr::Custom(format!(
                            "{} is not set in a row of {}",
                            column.as_str(),
                            E::default().table_name()
                        )));
                    }
                }
            }
        }
        let sql = head.clone() + &vec![row.as_str(); count].join(", ");
        db.execute_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            sql,
            values,
        ))
        .await?;
    }
    Ok(())
}

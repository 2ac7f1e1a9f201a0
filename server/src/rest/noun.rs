//! What has a number, a name and movies: companies and genres.

use super::{
    asked::{Asked, check, words},
    list::{List, Part, Size, Slice, answer, total},
    problem::Problem,
    query::{self, Version},
    table::Row,
};
use crate::{
    app::App,
    graphql::{
        order::Sort,
        page::{self, Window},
    },
};
use axum::response::Response;
use entity::mart::{company, genre};
use etl::database::containing;
use sea_orm::{
    ColumnTrait, DatabaseConnection, EntityTrait, ModelTrait, QueryFilter, Select, sea_query::Expr,
};
use serde::Deserialize;
use std::marker::PhantomData;
use utoipa::IntoParams;

/// A table of such things.
pub trait Noun: EntityTrait<Column: Copy, Model: ModelTrait<Entity = Self>> {
    /// What one of them is called.
    const WORD: &'static str;
    /// The columns of the number, the name and the number of movies.
    const COLUMNS: [Self::Column; 3];
}

impl Noun for company::Entity {
    const WORD: &'static str = "company";
    const COLUMNS: [company::Column; 3] = [
        company::Column::Id,
        company::Column::Name,
        company::Column::MovieCount,
    ];
}

impl Noun for genre::Entity {
    const WORD: &'static str = "genre";
    const COLUMNS: [genre::Column; 3] = [
        genre::Column::Id,
        genre::Column::Name,
        genre::Column::MovieCount,
    ];
}

/// Which of them, and how many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NounQuery {
    /// Part of the name, without regard to case.
    search: Option<String>,
    /// Fields by which the list is ordered, such as `-movieCount,name`; `-` puts the largest first.
    #[param(
        pattern = "^-?(id|name|movieCount)(,-?(id|name|movieCount))*$",
        example = "-movieCount"
    )]
    order: Option<String>,
    /// Rows of a page in JSON, 50 unless given; in CSV only so many in all.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 500, example = 10)]
    first: Option<Size>,
    /// Only rows after the one of this cursor, which is `page.next` of the page before in the same order.
    #[param(pattern = "^[A-Za-z0-9_-]+$")]
    after: Option<String>,
    /// Whether to count all rows of the list, as `page.total`.
    #[serde(default)]
    #[param(nullable = false)]
    count: bool,
    /// As they were in this data version.
    #[param(value_type = Option<i32>, minimum = 0, maximum = 2147483647)]
    as_of: Option<Version>,
}

/// The one in an address, as it is or was in a data version.
///
/// # Errors
/// 404 when there is none, or no such version.
pub async fn found<E: Noun>(
    db: &DatabaseConnection,
    id: &str,
    as_of: Option<i32>,
) -> Result<E::Model, Problem> {
    check(db, as_of).await?;
    let missing = || Problem::not_found(format!("there is no {} {id}", E::WORD));
    let [number, ..] = E::COLUMNS;
    let key = query::id(id).ok_or_else(missing)?;
    let (with, only) = (words(db, as_of), E::find().filter(number.eq(key)));
    let found = page::one(db, &with, only).await?;
    found.ok_or_else(missing)
}

/// Answers with those that meet the parameters, each said as `R`, in the order `usual` unless another is asked for.
///
/// # Errors
/// 400 for parameters that cannot be used, 404 for a data version that there is not.
pub async fn list<E: Noun, R: Row + From<E::Model> + Sync + 'static>(
    app: &App,
    asked: Asked,
    query: NounQuery,
    usual: &str,
) -> Result<Response, Problem> {
    let as_of = query.as_of.map(|version| version.0 as i32);
    check(&app.services.db, as_of).await?;
    let [number, name, movies] = E::COLUMNS;
    let mut select = E::find();
    if let Some(part) = query.search.filter(|part| !part.is_empty()) {
        let backend = app.services.db.get_database_backend();
        let name = Expr::col(name.as_column_ref());
        select = select.filter(containing(backend, name, &part));
    }
    let known = [("id", number), ("name", name), ("movieCount", movies)];
    let list = Nouns::<E, R> {
        select,
        order: query::order(Some(query.order.as_deref().unwrap_or(usual)), &known)?,
        said: PhantomData,
    };
    let part = Part {
        first: query.first,
        after: query.after,
        count: query.count,
        as_of,
    };
    answer(app, asked, list, part).await
}

struct Nouns<E: EntityTrait, R> {
    select: Select<E>,
    order: Vec<Sort<E>>,
    said: PhantomData<fn() -> R>,
}

impl<E: Noun, R: Row + From<E::Model> + Sync + 'static> List for Nouns<E, R> {
    type Row = R;
    const PAST: bool = true;

    async fn slice(
        &self,
        db: &DatabaseConnection,
        as_of: Option<i32>,
        after: Option<&str>,
        size: u64,
    ) -> Result<Slice<R>, Problem> {
        let [number, ..] = E::COLUMNS;
        let window = Window {
            size,
            after,
            ..Default::default()
        };
        let (with, order) = (words(db, as_of), self.order.clone());
        let found = page::rows(db, &with, &self.select, order, number, window).await?;
        Ok(Slice::of(found, R::from))
    }

    async fn count(&self, db: &DatabaseConnection, as_of: Option<i32>) -> Result<i64, Problem> {
        total(db, page::count(db, &words(db, as_of), self.select.clone())).await
    }
}

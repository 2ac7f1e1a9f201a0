//! What runs change, field by field.

use super::{
    error::Failure,
    filter::{
        filter,
        relation::{Link, ListFilter},
        value::{Among, IdFilter, LongFilter, StringFilter, stored},
    },
    loaders,
    order::{Sort, order},
    page::{Connection, Direction, List},
    run::Run,
    together,
};
use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};
use entity::ingest::run;
use etl::{companion::changes::changes_sql as companion_changes_sql, history};
use sea_orm::{
    ActiveEnum, ConnectionTrait, DbErr, DeriveActiveEnum, EntityTrait, EnumIter,
    sea_query::StringLen,
};

/// What becomes of a movie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(8))",
    rename_all = "snake_case"
)]
pub enum ChangeKind {
    Inserted,
    Updated,
    Deleted,
}

stored! {
    ChangeKind: |kind| kind.to_value(),
}

/// A field that a change gives another value; null is no value.
#[derive(Clone, Debug, SimpleObject)]
pub struct FieldChange {
    /// The field, such as `budget` or `companies`.
    field: String,
    before: Option<String>,
    after: Option<String>,
}

impl From<history::FieldChange> for FieldChange {
    fn from(change: history::FieldChange) -> Self {
        Self {
            field: change.field,
            before: change.before,
            after: change.after,
        }
    }
}

/// A movie that a run changes.
#[derive(Clone, Debug, SimpleObject)]
pub struct Change {
    movie_id: ID,
    title: String,
    kind: ChangeKind,
    /// What becomes of each field; for a movie that is new or gone, of all that have a value.
    fields: Vec<FieldChange>,
    #[graphql(skip)]
    place: (i64, String, i64),
}

impl From<run_change::Model> for Change {
    fn from(row: run_change::Model) -> Self {
        Self {
            movie_id: row.movie_id.into(),
            title: String::new(),
            kind: row.kind,
            fields: Vec::new(),
            place: (row.movie_id, row.kind.to_value(), row.line),
        }
    }
}

impl TryFrom<history::Change> for Change {
    type Error = DbErr;

    fn try_from(change: history::Change) -> Result<Self, DbErr> {
        Ok(Self {
            movie_id: change.movie_id.into(),
            title: change.title,
            kind: ChangeKind::try_from_value(&change.kind)?,
            fields: change.fields.into_iter().map(FieldChange::from).collect(),
            place: (change.movie_id, change.kind, change.line),
        })
    }
}

/// A change of a movie by a merge.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Revision {
    /// The data version it came with.
    version: i32,
    kind: ChangeKind,
    fields: Vec<FieldChange>,
    #[graphql(skip)]
    run_id: i64,
}

#[ComplexObject]
impl Revision {
    async fn run(&self, ctx: &Context<'_>) -> Result<Run> {
        let run = loaders(ctx).run.load(self.run_id).await?;
        let run = run.ok_or_else(|| Failure::Broken(format!("run {} is gone", self.run_id)))?;
        Ok(run.into())
    }
}

/// Every change of a movie up to a data version, oldest first.
pub async fn revisions(
    ctx: &Context<'_>,
    movie_id: i64,
    as_of: Option<i32>,
) -> Result<Vec<Revision>> {
    let found = history::revisions(&*together(ctx), movie_id).await?;
    let last = as_of.unwrap_or(i32::MAX);
    let found = found
        .into_iter()
        .filter(|revision| revision.version <= last);
    let revisions = found.map(|revision| {
        Ok(Revision {
            version: revision.version,
            kind: ChangeKind::try_from_value(&revision.kind)?,
            fields: revision.fields.into_iter().map(FieldChange::from).collect(),
            run_id: revision.run_id,
        })
    });
    revisions.collect()
}

/// What a companion file says otherwise than before.
#[derive(Clone, Debug, SimpleObject)]
pub struct CompanionChange {
    /// `keywords`, `credits`, `links` or `ratings`.
    fills: String,
    /// The movie's TMDB id; of links and ratings its MovieLens id.
    id: ID,
    /// Whose rating it is.
    user_id: Option<ID>,
    kind: ChangeKind,
    /// What was said, as JSON; null for what is new.
    before: Option<String>,
    /// What is said then, as JSON; null for what is gone.
    after: Option<String>,
}

impl From<companion_change::Model> for CompanionChange {
    fn from(row: companion_change::Model) -> Self {
        Self {
            user_id: (row.kind == "ratings").then(|| row.sub.into()),
            fills: row.kind,
            id: row.id.into(),
            kind: row.change_kind,
            before: row.was,
            after: row.becomes,
        }
    }
}

/// What the statements below read: the changes of one run, under this name.
mod run_change {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "run_change")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub movie_id: i64,
        pub kind: super::ChangeKind,
        pub line: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What the statements below read: the changes of one run to what companion files say, under this name.
mod companion_change {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "companion_change")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub sub: i64,
        pub change_kind: super::ChangeKind,
        pub was: Option<String>,
        pub becomes: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What the statements below read: the fields that the changes of one run give another value, under this name.
mod run_field {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "run_field")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub movie_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub field: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

filter! {
    /// Which fields of a change.
    FieldChangeFilter of run_field {
        /// The field, such as `budget` or `companies`.
        field: StringFilter = Field,
    }
}

filter! {
    /// Which changes of movies.
    ChangeFilter of run_change {
        movie_id: IdFilter = MovieId,
        kind: Among<ChangeKind> = Kind,
        /// The line of the file on which the movie's record begins.
        line: LongFilter = Line,
        /// The fields that it gives another value.
        fields: ListFilter<FieldChangeFilter> = Link::to_computed(MovieId, run_field::Column::MovieId),
    }
}

order! {
    /// What changes of movies can be ordered by.
    ChangeOrderField ChangeOrder of run_change {
        MovieId = MovieId,
        Kind = Kind,
        Line = Line,
    }
}

filter! {
    /// Which changes of what companion files say.
    CompanionChangeFilter of companion_change {
        /// `keywords`, `credits`, `links` or `ratings`.
        fills: StringFilter = Kind,
        /// The movie's TMDB id; of links and ratings its MovieLens id.
        id: IdFilter = Id,
        kind: Among<ChangeKind> = ChangeKind,
        /// What was said, as JSON.
        before: StringFilter = Was,
        /// What is said then, as JSON.
        after: StringFilter = Becomes,
    }
}

order! {
    /// What changes of what companion files say can be ordered by.
    CompanionChangeOrderField CompanionChangeOrder of companion_change {
        Fills = Kind,
        Id = Id,
        Kind = ChangeKind,
    }
}

/// A page of what a run would change (where it is held) or has changed, in the file's order unless ordered otherwise.
pub async fn changes(
    ctx: &Context<'_>,
    run: &run::Model,
    list: List<ChangeFilter, ChangeOrder>,
) -> Result<Connection<Change>> {
    use run_change::Column::{Line, MovieId};
    let db = together(ctx);
    let mut with = format!("WITH run_change AS ({})", history::changes_sql(run));
    if list.filter.is_some() {
        let fields = history::fields_sql(db.get_database_backend(), run);
        with += &format!(", run_field AS ({fields})");
    }
    with += " ";
    let usual = vec![Sort::by(Line, Direction::Asc)];
    let found = list.of(&*db, &with, run_change::Entity::find(), usual, MovieId);
    let mut found: Connection<Change> = found.await?;
    let places: Vec<_> = found
        .nodes_mut()
        .map(|change| change.place.clone())
        .collect();
    let full = history::changes(&*db, run, &places).await?;
    for (change, full) in found.nodes_mut().zip(full) {
        *change = full.try_into()?;
    }
    Ok(found)
}

/// A page of what a run would change (where it is held) or has changed of what companion files say.
pub async fn companion_changes(
    ctx: &Context<'_>,
    run: &run::Model,
    list: List<CompanionChangeFilter, CompanionChangeOrder>,
) -> Result<Connection<CompanionChange>> {
    use companion_change::Column::{Id, Kind, Sub};
    let with = format!("WITH companion_change AS ({}) ", companion_changes_sql(run));
    // A change is known by all three.
    let key = [Kind, Id].map(|column| Sort::by(column, Direction::Asc));
    let select = companion_change::Entity::find();
    list.of(&*together(ctx), &with, select, key.to_vec(), Sub)
        .await
}

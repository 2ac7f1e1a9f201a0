//! What runs change, field by field.

use super::{
    error::Failure,
    loaders,
    page::{Connection, Edge, PageArgs},
    run::Run,
    together,
};
use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use entity::ingest::run;
use etl::{companion::changes as companion, history};
use sea_orm::{ConnectionTrait, Statement};

/// What becomes of a movie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ChangeKind {
    Inserted,
    Updated,
    Deleted,
}

impl ChangeKind {
    fn name(self) -> &'static str {
        match self {
            Self::Inserted => "inserted",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }

    fn parse(name: &str) -> Result<Self, Failure> {
        [Self::Inserted, Self::Updated, Self::Deleted]
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| Failure::Broken(format!("unknown kind of change {name}")))
    }
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
}

impl TryFrom<history::Change> for Change {
    type Error = Failure;

    fn try_from(change: history::Change) -> Result<Self, Failure> {
        Ok(Self {
            movie_id: change.movie_id.into(),
            title: change.title,
            kind: ChangeKind::parse(&change.kind)?,
            fields: change.fields.into_iter().map(FieldChange::from).collect(),
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

/// Every change of a movie, oldest first.
pub async fn revisions(ctx: &Context<'_>, movie_id: i64) -> Result<Vec<Revision>> {
    let found = history::revisions(together(ctx), movie_id).await?;
    let revisions = found.into_iter().map(|revision| {
        Ok(Revision {
            version: revision.version,
            kind: ChangeKind::parse(&revision.kind)?,
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

/// A page of what a run would change (where it is held) or has changed of what companion files say.
pub async fn companion_changes(
    ctx: &Context<'_>,
    run: &run::Model,
    kind: Option<ChangeKind>,
    args: PageArgs,
) -> Result<Connection<CompanionChange>> {
    let db = together(ctx);
    let (size, backward) = args.size()?;
    let page = companion::Page {
        limit: size + 1,
        backward,
        after: args.after.as_deref().map(decode_key).transpose()?,
        before: args.before.as_deref().map(decode_key).transpose()?,
    };
    let kind = kind.map_or("", ChangeKind::name);
    let found = companion::changes(db, run, kind, &page).await?;
    let (found, further) = cut(found, size, backward, (&page.after, &page.before));
    let edges: Result<Vec<_>> = found
        .into_iter()
        .map(|change| {
            let companion::Key { fills, id, sub } = change.key;
            Ok(Edge {
                cursor: BASE64_URL_SAFE_NO_PAD.encode(format!("{fills} {id} {sub}")),
                node: CompanionChange {
                    user_id: (fills == "ratings").then(|| sub.into()),
                    fills,
                    id: id.into(),
                    kind: ChangeKind::parse(&change.kind)?,
                    before: change.before,
                    after: change.after,
                },
            })
        })
        .collect();
    let (sql, values) = companion::count(run, kind);
    let count = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Connection::new(edges?, further, count))
}

/// The key that a cursor of companions' changes holds.
fn decode_key(cursor: &str) -> Result<companion::Key, Failure> {
    let text = text_of(cursor)?;
    let mut parts = text.split(' ');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(fills), Some(id), Some(sub), None) => Ok(companion::Key {
            fills: fills.to_owned(),
            id: id.parse().map_err(|_| foreign_cursor())?,
            sub: sub.parse().map_err(|_| foreign_cursor())?,
        }),
        _ => Err(foreign_cursor()),
    }
}

/// Takes off the row beyond those asked for; answers whether there are further rows before and after.
fn cut<T, K>(
    mut found: Vec<T>,
    size: u64,
    backward: bool,
    (after, before): (&Option<K>, &Option<K>),
) -> (Vec<T>, (bool, bool)) {
    let more = found.len() as u64 > size;
    if more && backward {
        found.remove(0);
    }
    found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let further = match backward {
        true => (more, before.is_some()),
        false => (after.is_some(), more),
    };
    (found, further)
}

/// A page of what a run would change (where it is held) or has changed, in the file's order.
pub async fn changes(
    ctx: &Context<'_>,
    run: &run::Model,
    kind: Option<ChangeKind>,
    args: PageArgs,
) -> Result<Connection<Change>> {
    let db = together(ctx);
    let (size, backward) = args.size()?;
    let page = history::Page {
        // One more than asked for tells whether there is a further page.
        limit: size + 1,
        backward,
        after: args.after.as_deref().map(decode).transpose()?,
        before: args.before.as_deref().map(decode).transpose()?,
    };
    let kind = kind.map(ChangeKind::name);
    let found = history::changes(db, run, kind, &page).await?;
    let (found, further) = cut(found, size, backward, (&page.after, &page.before));
    let edges: Result<Vec<_>> = found.into_iter().map(edge).collect();
    let table = match run.data_version {
        Some(_) => "revision",
        None => "staging_change",
    };
    let count = Statement::from_sql_and_values(
        db.get_database_backend(),
        format!(
            "SELECT COUNT(*) AS total_count FROM {table} WHERE run_id = ?
             AND kind IN ('inserted', 'updated', 'deleted') AND (? = '' OR kind = ?)"
        ),
        [
            run.id.into(),
            kind.unwrap_or_default().into(),
            kind.unwrap_or_default().into(),
        ],
    );
    Ok(Connection::new(edges?, further, count))
}

fn edge(change: history::Change) -> Result<Edge<Change>> {
    let cursor = BASE64_URL_SAFE_NO_PAD.encode(format!("{} {}", change.line, change.movie_id));
    let node = Change::try_from(change)?;
    Ok(Edge { cursor, node })
}

/// The line and the movie that a cursor holds.
fn decode(cursor: &str) -> Result<(i64, i64), Failure> {
    let text = text_of(cursor)?;
    let (line, movie) = text.split_once(' ').ok_or_else(foreign_cursor)?;
    Ok((
        line.parse().map_err(|_| foreign_cursor())?,
        movie.parse().map_err(|_| foreign_cursor())?,
    ))
}

fn foreign_cursor() -> Failure {
    Failure::Input("this cursor is not one of this list".to_owned())
}

/// What was made a cursor.
fn text_of(cursor: &str) -> Result<String, Failure> {
    let bytes = BASE64_URL_SAFE_NO_PAD
        .decode(cursor)
        .map_err(|_| foreign_cursor())?;
    String::from_utf8(bytes).map_err(|_| foreign_cursor())
}

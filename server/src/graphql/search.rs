//! Finding things by the words of their names.

use super::{
    collection::Collection,
    company::Company,
    error::Failure,
    filter::{Scope, Test},
    genre::Genre,
    loaders,
    movie::Movie,
    services,
};
use crate::auth::Permission;
use async_graphql::{Context, Enum, ID, NewType, Object, Result, SimpleObject};
use etl::search::{self, Hit, Noun};
use futures::future::try_join_all;
use sea_orm::{
    Condition,
    sea_query::{Expr, ExprTrait},
};

/// Most hits of an answer.
const MOST: i32 = 100;
/// Most characters of what is searched for.
const LONGEST: usize = 200;
/// What looking through the index costs of a request's complexity.
const LOOKING: usize = 100;

/// What can be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Noun")]
pub enum SearchKind {
    Movie,
    Company,
    Genre,
    Collection,
}

/// Something found: the field of its kind has it, the others are null.
#[derive(Clone, Debug, SimpleObject)]
pub struct SearchHit {
    kind: SearchKind,
    /// The movie's, company's, genre's or collection's.
    id: ID,
    /// The name, or a movie's title; what was searched for may be in its original title only.
    name: String,
    /// A movie's year of release.
    year: Option<i32>,
    movie: Option<Movie>,
    company: Option<Company>,
    genre: Option<Genre>,
    collection: Option<Collection>,
}

impl SearchHit {
    fn new(hit: Hit, name: String) -> Self {
        Self {
            kind: hit.noun.into(),
            id: hit.id.into(),
            name,
            year: None,
            movie: None,
            company: None,
            genre: None,
            collection: None,
        }
    }
}

/// Loads what was found, unless it went meanwhile.
async fn load(ctx: &Context<'_>, hit: Hit) -> Result<Option<SearchHit>, Failure> {
    let loaders = loaders(ctx);
    let now = (hit.id, None);
    Ok(match hit.noun {
        Noun::Movie => loaders.movie.load(hit.id).await?.map(|row| SearchHit {
            year: row.release_year,
            movie: Some(row.clone().into()),
            ..SearchHit::new(hit, row.title)
        }),
        Noun::Company => loaders.named.company.load(now).await?.map(|row| SearchHit {
            company: Some(row.clone().into()),
            ..SearchHit::new(hit, row.name)
        }),
        Noun::Genre => loaders.named.genre.load(now).await?.map(|row| SearchHit {
            genre: Some(row.clone().into()),
            ..SearchHit::new(hit, row.name)
        }),
        Noun::Collection => loaders
            .named
            .collection
            .load(now)
            .await?
            .map(|row| SearchHit {
                collection: Some(row.clone().into()),
                ..SearchHit::new(hit, row.name)
            }),
    })
}

/// Words as a filter's test of a noun's names.
#[derive(Clone, Debug, NewType)]
pub struct Words(String);

impl Test for Words {
    type Of = Noun;

    fn compile(&self, noun: Noun, scope: &mut Scope, holds: bool) -> Result<Condition, Failure> {
        scope.test()?;
        check(&self.0)?;
        let found = match search::ids(noun, &self.0) {
            Some((sql, values)) => {
                let sql = format!("{}.id IN ({sql})", noun.table());
                Expr::cust_with_values(sql, values)
            }
            None => Expr::val(1).eq(0),
        };
        let found = Condition::all().add(found);
        Ok(if holds { found } else { found.not() })
    }
}

fn check(text: &str) -> Result<(), Failure> {
    let length = text.chars().count();
    if length <= LONGEST {
        return Ok(());
    }
    Err(Failure::Input(format!(
        "a search may have {LONGEST} characters, not {length}"
    )))
}

/// What a search costs of a request's complexity.
fn cost(first: i32, row: usize) -> usize {
    LOOKING + first.clamp(1, MOST).unsigned_abs() as usize * row
}

/// Queries for anything.
#[derive(Default)]
pub struct SearchQuery;

#[Object]
impl SearchQuery {
    /// What has a name in which each word of the text begins a word; case, accents and punctuation do not
    /// matter. First what has exactly this name, then what has a name that begins with it, then the rest; of each
    /// the kinds in turn, more popular things first. At most 100; nothing for a text without letters and digits.
    #[graphql(
        guard = "Permission::DataRead",
        complexity = "cost(first, child_complexity)"
    )]
    async fn search(
        &self,
        ctx: &Context<'_>,
        text: String,
        #[graphql(default = 20)] first: i32,
        #[graphql(desc = "Any kind where it is left out.")] kinds: Option<Vec<SearchKind>>,
    ) -> Result<Vec<SearchHit>> {
        check(&text)?;
        let limit = match u64::try_from(first) {
            Ok(limit) if first <= MOST => limit,
            _ => {
                let message = format!("first must be between 0 and {MOST}, not {first}");
                return Err(Failure::Input(message).into());
            }
        };
        let nouns: Vec<Noun> = match kinds {
            Some(kinds) => kinds.into_iter().map(Noun::from).collect(),
            None => Noun::ALL.to_vec(),
        };
        let hits = search::find(&services(ctx).db, &text, &nouns, limit).await?;
        let found = try_join_all(hits.into_iter().map(|hit| load(ctx, hit))).await?;
        Ok(found.into_iter().flatten().collect())
    }
}

//! Movies grouped freely: what an analyst asks that no aggregate is kept for.

pub mod group;
pub mod having;
pub mod measure;
pub mod order;
mod page;

use super::{
    collection::Collection,
    company::Company,
    country::Country,
    error::Failure,
    filter::condition,
    genre::Genre,
    language::Language,
    loaders,
    movie::MovieFilter,
    page::{Connection, PageArgs, cost},
    past::past,
    services,
};
use crate::auth::Permission;
use async_graphql::{Context, Lookahead, Object, Result};
use group::MovieGroup;
use having::MovieStatsHaving;
use measure::{Figure, Figures, Measure, RealStats, WholeStats};
use order::{MovieStatsOrder, keys};
use page::Question;
use sea_orm::Condition;
use std::collections::{BTreeMap, BTreeSet};

/// Most things that movies are grouped by at once.
const MOST_GROUPS: usize = 4;
/// What going through all movies costs of a request's complexity, once and for each thing they are grouped by.
const SCAN: usize = 1000;

/// The movies of a group and their figures.
#[derive(Clone, Debug, Default)]
pub struct MovieStats {
    numbers: BTreeMap<MovieGroup, i64>,
    texts: BTreeMap<MovieGroup, String>,
    movie_count: i64,
    figures: Figures,
    as_of: Option<i32>,
}

impl MovieStats {
    fn number(&self, group: MovieGroup) -> Option<i64> {
        self.numbers.get(&group).copied()
    }

    /// What a thing's loader is asked for.
    fn at(&self, group: MovieGroup) -> Option<(i64, Option<i32>)> {
        self.number(group).map(|id| (id, self.as_of))
    }

    fn text_at(&self, group: MovieGroup) -> Option<(String, Option<i32>)> {
        let code = self.texts.get(&group)?;
        Some((code.clone(), self.as_of))
    }
}

/// The movies of a group and their figures. What they are not grouped by is null; so is what the movies of the
/// group do not have.
#[Object]
impl MovieStats {
    async fn company(&self, ctx: &Context<'_>) -> Result<Option<Company>> {
        let Some(key) = self.at(MovieGroup::Company) else {
            return Ok(None);
        };
        let found = loaders(ctx).named.company.load(key).await?;
        Ok(found.map(Company::from))
    }

    async fn genre(&self, ctx: &Context<'_>) -> Result<Option<Genre>> {
        let Some(key) = self.at(MovieGroup::Genre) else {
            return Ok(None);
        };
        let found = loaders(ctx).named.genre.load(key).await?;
        Ok(found.map(Genre::from))
    }

    async fn year(&self) -> Option<i64> {
        self.number(MovieGroup::Year)
    }

    /// Its first year.
    async fn decade(&self) -> Option<i64> {
        self.number(MovieGroup::Decade)
    }

    async fn country(&self, ctx: &Context<'_>) -> Result<Option<Country>> {
        let Some(key) = self.text_at(MovieGroup::Country) else {
            return Ok(None);
        };
        let found = loaders(ctx).named.country.load(key).await?;
        Ok(found.map(Country::from))
    }

    async fn language(&self, ctx: &Context<'_>) -> Result<Option<Language>> {
        let Some(key) = self.text_at(MovieGroup::Language) else {
            return Ok(None);
        };
        let found = loaders(ctx).named.language.load(key).await?;
        Ok(found.map(Language::from))
    }

    async fn collection(&self, ctx: &Context<'_>) -> Result<Option<Collection>> {
        let Some(key) = self.at(MovieGroup::Collection) else {
            return Ok(None);
        };
        let found = loaders(ctx).named.collection.load(key).await?;
        Ok(found.map(Collection::from))
    }

    async fn status(&self) -> Option<&String> {
        self.texts.get(&MovieGroup::Status)
    }

    /// Each movie counts once in a group, however often its row lists what it is grouped by.
    async fn movie_count(&self) -> i64 {
        self.movie_count
    }

    /// US dollars.
    async fn budget(&self) -> WholeStats {
        self.figures.whole_stats(Measure::Budget)
    }

    /// US dollars.
    async fn revenue(&self) -> WholeStats {
        self.figures.whole_stats(Measure::Revenue)
    }

    /// `revenue − budget` in US dollars, of movies of which both are known.
    async fn profit(&self) -> WholeStats {
        self.figures.whole_stats(Measure::Profit)
    }

    /// Minutes.
    async fn runtime(&self) -> RealStats {
        self.figures.real_stats(Measure::Runtime)
    }

    async fn popularity(&self) -> RealStats {
        self.figures.real_stats(Measure::Popularity)
    }

    async fn vote_average(&self) -> RealStats {
        self.figures.real_stats(Measure::VoteAverage)
    }

    async fn vote_count(&self) -> WholeStats {
        self.figures.whole_stats(Measure::VoteCount)
    }
}

/// The figures that are asked of each group.
fn selected(look: &Lookahead<'_>) -> BTreeSet<Figure> {
    let rows = [look.field("nodes"), look.field("edges").field("node")];
    let asked = |figure: &Figure| {
        let Figure { measure, statistic } = figure;
        rows.iter()
            .any(|row| row.field(measure.field()).field(statistic.field()).exists())
    };
    Figure::all().filter(asked).collect()
}

/// What going through all movies costs of a request's complexity.
fn scan(groups: &[MovieGroup]) -> usize {
    SCAN * (1 + groups.len())
}

/// Queries for groups of movies.
#[derive(Default)]
pub struct StatsQuery;

#[Object]
impl StatsQuery {
    /// Movies that meet a filter, grouped by at most four things; all of them are one group without any. Groups
    /// come by what they are grouped by unless ordered otherwise. A movie that has none of what is grouped by (no
    /// year, no company) is in a group where that is null, or with `knownOnly` in none.
    #[graphql(
        guard = "Permission::DataRead",
        complexity = "cost(first, last, child_complexity) + scan(&group_by)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn movie_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(default)] group_by: Vec<MovieGroup>,
        filter: Option<MovieFilter>,
        having: Option<MovieStatsHaving>,
        order_by: Option<Vec<MovieStatsOrder>>,
        #[graphql(default)] known_only: bool,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        as_of: Option<i32>,
    ) -> Result<Connection<MovieStats>> {
        let mut groups: Vec<MovieGroup> = Vec::new();
        for group in group_by {
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        if groups.len() > MOST_GROUPS {
            let message = format!(
                "movies are grouped by at most {MOST_GROUPS} things, not {}",
                groups.len()
            );
            return Err(Failure::Input(message).into());
        }
        let order = order_by.unwrap_or_default();
        let look = ctx.look_ahead();
        let mut figures = selected(&look);
        figures.extend(order.iter().filter_map(|order| order.figure()));
        let db = &services(ctx).db;
        let filter = filter.map(|filter| condition(&filter, db.get_database_backend()));
        let question = Question {
            keys: keys(&groups, &order)?,
            groups,
            known_only,
            filter: filter.transpose()?.unwrap_or_else(Condition::all),
            having: having.unwrap_or_default(),
            figures,
            as_of,
            with: past(ctx, as_of).await?,
        };
        let args = PageArgs::new((first, after), (last, before));
        let rows = ["nodes", "edges", "pageInfo"];
        let rows = rows.iter().any(|field| look.field(field).exists());
        question.page(db, &args, rows).await
    }
}

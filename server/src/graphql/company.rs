//! Production companies and their years.

use super::{
    containing,
    genre::GenreCount,
    load::Years,
    loaders,
    movie::{Movie, MovieFilter, MovieOrder, movies, of_company, past},
    number,
    page::{Connection, Direction, PageArgs, cost, page, years_cost},
    range,
    scalar::Long,
    search, services,
};
use crate::auth::Permission;
use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use entity::{aggregate::company_year, mart::company};
use etl::search::Noun;
use sea_orm::{Condition, EntityTrait, QueryFilter};

/// A production company.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Company {
    /// The TMDB id.
    id: ID,
    name: String,
    /// Its movies, with or without a year.
    movie_count: i32,
    #[graphql(skip)]
    key: i64,
}

impl From<company::Model> for Company {
    fn from(row: company::Model) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            movie_count: row.movie_count,
            key: row.id,
        }
    }
}

#[ComplexObject]
impl Company {
    /// Its years in order, those from `from` to `to` where given, as they are or as they were in data
    /// version `asOf`.
    #[graphql(complexity = "years_cost(from, to, child_complexity)")]
    async fn years(
        &self,
        ctx: &Context<'_>,
        from: Option<i32>,
        to: Option<i32>,
        as_of: Option<i32>,
    ) -> Result<Vec<CompanyYear>> {
        let (from, to) = range(from, to);
        past(ctx, as_of).await?;
        let years = Years {
            id: self.key,
            from,
            to,
            as_of,
        };
        let found = loaders(ctx).company_years.load(years).await?;
        Ok(found.into_iter().flatten().map(CompanyYear::from).collect())
    }

    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn movies(
        &self,
        ctx: &Context<'_>,
        filter: Option<MovieFilter>,
        order_by: Option<Vec<MovieOrder>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Movie>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let within = Condition::all().add(of_company(self.key));
        movies(ctx, within, filter, order_by, args, None).await
    }
}

/// A company's movies of a year; sums over the movies where the value is known, null where none is.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct CompanyYear {
    year: i32,
    movie_count: i32,
    budget: Option<Long>,
    revenue: Option<Long>,
    /// Over movies whose budget and revenue are both known.
    profit: Option<Long>,
    average_popularity: Option<f64>,
    #[graphql(skip)]
    company_id: i64,
}

impl From<company_year::Model> for CompanyYear {
    fn from(row: company_year::Model) -> Self {
        Self {
            year: row.year,
            movie_count: row.movie_count,
            budget: row.budget.map(Long),
            revenue: row.revenue.map(Long),
            profit: row.profit.map(Long),
            average_popularity: row.average_popularity,
            company_id: row.company_id,
        }
    }
}

#[ComplexObject]
impl CompanyYear {
    /// Movies of each genre, most first; a movie of two genres counts in both.
    async fn releases_by_genre(&self, ctx: &Context<'_>) -> Result<Vec<GenreCount>> {
        let key = (self.company_id, self.year);
        let found = loaders(ctx).company_genres.load(key).await?;
        let counts = found.into_iter().flatten().map(|row| GenreCount {
            movie_count: row.movie_count,
            genre_id: row.genre_id,
        });
        Ok(counts.collect())
    }
}

/// Which companies to list.
#[derive(Clone, Debug, Default, InputObject)]
pub struct CompanyFilter {
    /// Part of the name, without regard to case.
    name: Option<String>,
    /// Each word begins a word of the name.
    search: Option<String>,
}

impl CompanyFilter {
    fn condition(self) -> Result<Condition> {
        let all = match self.name.filter(|part| !part.is_empty()) {
            Some(part) => containing(company::Column::Name, &part),
            None => Condition::all(),
        };
        Ok(match self.search {
            Some(text) => Condition::all().add(all).add(search::condition(
                company::Column::Id,
                Noun::Company,
                &text,
            )?),
            None => all,
        })
    }
}

/// What companies can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CompanyOrderField {
    Id,
    Name,
    MovieCount,
}

/// One order of companies.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct CompanyOrder {
    field: CompanyOrderField,
    #[graphql(default_with = "Direction::Asc")]
    direction: Direction,
}

impl CompanyOrder {
    fn key(self) -> (company::Column, Direction) {
        let column = match self.field {
            CompanyOrderField::Id => company::Column::Id,
            CompanyOrderField::Name => company::Column::Name,
            CompanyOrderField::MovieCount => company::Column::MovieCount,
        };
        (column, self.direction)
    }
}

/// Queries for companies.
#[derive(Default)]
pub struct CompanyQuery;

#[Object]
impl CompanyQuery {
    #[graphql(guard = "Permission::DataRead")]
    async fn company(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Company>> {
        let found = company::Entity::find_by_id(number(&id)?)
            .one(&services(ctx).db)
            .await?;
        Ok(found.map(Company::from))
    }

    /// Companies, by id unless ordered otherwise.
    #[graphql(
        guard = "Permission::DataRead",
        complexity = "cost(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn companies(
        &self,
        ctx: &Context<'_>,
        filter: Option<CompanyFilter>,
        order_by: Option<Vec<CompanyOrder>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Company>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let select = company::Entity::find().filter(filter.unwrap_or_default().condition()?);
        let order: Vec<_> = order_by
            .into_iter()
            .flatten()
            .map(CompanyOrder::key)
            .collect();
        page(
            &services(ctx).db,
            "",
            select,
            &order,
            company::Column::Id,
            &args,
        )
        .await
    }
}

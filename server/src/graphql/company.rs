//! Production companies and their years.

use super::{
    filter::{
        filter,
        relation::{Link, ListFilter},
        value::{FloatFilter, IdFilter, IntFilter, LongFilter, StringFilter},
    },
    genre::GenreCount,
    load::{At, Years},
    loaders,
    movie::{Movie, MovieFilter, MovieOrder, movies, of_company},
    number,
    order::order,
    page::{Connection, List, PageArgs, cost, one, years_cost},
    past::past,
    range,
    scalar::Long,
    search::Words,
    services,
};
use crate::auth::Permission;
use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use entity::{
    aggregate::company_year,
    mart::{company, movie, movie_company},
};
use etl::search::Noun;
use sea_orm::EntityTrait;

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
    #[graphql(skip)]
    as_of: Option<i32>,
}

impl Company {
    /// The company as of a data version.
    pub(super) fn at(row: company::Model, as_of: Option<i32>) -> Self {
        Self {
            as_of,
            ..row.into()
        }
    }
}

impl From<company::Model> for Company {
    fn from(row: company::Model) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            movie_count: row.movie_count,
            key: row.id,
            as_of: None,
        }
    }
}

#[ComplexObject]
impl Company {
    /// Its years in order, those from `from` to `to` where given; of another data version than the company's with
    /// `asOf`.
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
        let as_of = as_of.or(self.as_of);
        let years = Years {
            id: self.key,
            from,
            to,
            as_of,
        };
        let found = loaders(ctx).company_years.load(years).await?;
        let year = |row| CompanyYear {
            as_of,
            ..CompanyYear::from(row)
        };
        Ok(found.into_iter().flatten().map(year).collect())
    }

    /// Its movies, by id unless ordered otherwise; of another data version than the company's with `asOf`.
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
        as_of: Option<i32>,
    ) -> Result<Connection<Movie>> {
        let page = PageArgs::new((first, after), (last, before));
        let list = List {
            filter,
            order_by,
            page,
        };
        movies(ctx, of_company(self.key), list, as_of.or(self.as_of)).await
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
    #[graphql(skip)]
    as_of: Option<i32>,
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
            as_of: None,
        }
    }
}

#[ComplexObject]
impl CompanyYear {
    /// Movies of each genre, most first; a movie of two genres counts in both.
    #[graphql(complexity = "2 * child_complexity")]
    async fn releases_by_genre(&self, ctx: &Context<'_>) -> Result<Vec<GenreCount>> {
        let key = At {
            id: (self.company_id, self.year),
            as_of: self.as_of,
        };
        let found = loaders(ctx).company_genres.load(key).await?;
        let counts = found.into_iter().flatten().map(|row| GenreCount {
            movie_count: row.movie_count,
            genre_id: row.genre_id,
            as_of: self.as_of,
        });
        Ok(counts.collect())
    }
}

filter! {
    /// Which companies.
    CompanyFilter of company {
        /// The TMDB id.
        id: IdFilter = Id,
        name: StringFilter = Name,
        /// Each word begins a word of the name, as it is now.
        search: Words = Noun::Company,
        /// Its movies, with or without a year.
        movie_count: IntFilter = MovieCount,
        movies: ListFilter<MovieFilter> = to_movies(),
        years: ListFilter<CompanyYearFilter> = Link::to(Id, company_year::Column::CompanyId),
    }
}

fn to_movies() -> Link {
    use movie_company::Column::{CompanyId, MovieId};
    Link::through(company::Column::Id, (CompanyId, MovieId), movie::Column::Id)
}

filter! {
    /// Which years of companies.
    CompanyYearFilter of company_year {
        year: IntFilter = Year,
        movie_count: IntFilter = MovieCount,
        budget: LongFilter = Budget,
        revenue: LongFilter = Revenue,
        profit: LongFilter = Profit,
        average_popularity: FloatFilter = AveragePopularity,
    }
}

order! {
    /// What companies can be ordered by.
    CompanyOrderField CompanyOrder of company {
        Id = Id,
        Name = Name,
        MovieCount = MovieCount,
    }
}

/// Queries for companies.
#[derive(Default)]
pub struct CompanyQuery;

#[Object]
impl CompanyQuery {
    /// A company, as it is or as it was in data version `asOf`.
    #[graphql(guard = "Permission::DataRead")]
    async fn company(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<i32>,
    ) -> Result<Option<Company>> {
        let (db, with) = (&services(ctx).db, past(ctx, as_of).await?);
        let only = company::Entity::find_by_id(number(&id)?);
        let found = one(db, &with, only).await?;
        Ok(found.map(|row| Company::at(row, as_of)))
    }

    /// Companies, by id unless ordered otherwise, as they are or as they were in data version `asOf`.
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
        as_of: Option<i32>,
    ) -> Result<Connection<Company>> {
        let page = PageArgs::new((first, after), (last, before));
        let list = List {
            filter,
            order_by,
            page,
        };
        let (db, with) = (&services(ctx).db, past(ctx, as_of).await?);
        let select = company::Entity::find();
        let found = list.of(db, &with, select, Vec::new(), company::Column::Id);
        let mut found: Connection<Company> = found.await?;
        found.nodes_mut().for_each(|company| company.as_of = as_of);
        Ok(found)
    }
}

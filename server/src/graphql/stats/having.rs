//! Which groups are answered, by their figures.

use super::measure::{Figure, Measure, Statistic};
use async_graphql::InputObject;
use sea_orm::{
    Condition,
    sea_query::{Expr, ExprTrait},
};

/// What a figure must be; conditions that are given must all hold. A figure that is null meets none but `isNull`.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct StatisticFilter {
    eq: Option<f64>,
    ne: Option<f64>,
    gt: Option<f64>,
    gte: Option<f64>,
    lt: Option<f64>,
    lte: Option<f64>,
    is_null: Option<bool>,
}

impl StatisticFilter {
    fn condition(self, sql: &str) -> Condition {
        let figure = || Expr::cust(sql.to_owned());
        Condition::all()
            .add_option(self.eq.map(|value| figure().eq(value)))
            .add_option(self.ne.map(|value| figure().ne(value)))
            .add_option(self.gt.map(|value| figure().gt(value)))
            .add_option(self.gte.map(|value| figure().gte(value)))
            .add_option(self.lt.map(|value| figure().lt(value)))
            .add_option(self.lte.map(|value| figure().lte(value)))
            .add_option(self.is_null.map(|null| match null {
                true => figure().is_null(),
                false => figure().is_not_null(),
            }))
    }
}

/// What the statistics of a measure must be; conditions that are given must all hold.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct MeasureFilter {
    sum: Option<StatisticFilter>,
    average: Option<StatisticFilter>,
    min: Option<StatisticFilter>,
    max: Option<StatisticFilter>,
    median: Option<StatisticFilter>,
    count: Option<StatisticFilter>,
    coverage: Option<StatisticFilter>,
}

impl MeasureFilter {
    fn of(self, statistic: Statistic) -> Option<StatisticFilter> {
        match statistic {
            Statistic::Sum => self.sum,
            Statistic::Average => self.average,
            Statistic::Min => self.min,
            Statistic::Max => self.max,
            Statistic::Median => self.median,
            Statistic::Count => self.count,
            Statistic::Coverage => self.coverage,
        }
    }
}

/// Which groups to answer, by their figures; conditions that are given must all hold.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct MovieStatsHaving {
    movie_count: Option<StatisticFilter>,
    budget: Option<MeasureFilter>,
    revenue: Option<MeasureFilter>,
    profit: Option<MeasureFilter>,
    runtime: Option<MeasureFilter>,
    popularity: Option<MeasureFilter>,
    vote_average: Option<MeasureFilter>,
    vote_count: Option<MeasureFilter>,
}

impl MovieStatsHaving {
    fn of(self, measure: Measure) -> Option<MeasureFilter> {
        match measure {
            Measure::Budget => self.budget,
            Measure::Revenue => self.revenue,
            Measure::Profit => self.profit,
            Measure::Runtime => self.runtime,
            Measure::Popularity => self.popularity,
            Measure::VoteAverage => self.vote_average,
            Measure::VoteCount => self.vote_count,
        }
    }

    /// What is asked of each figure that something is asked of.
    fn given(self) -> impl Iterator<Item = (Figure, StatisticFilter)> {
        Figure::all().filter_map(move |figure| {
            let filter = self.of(figure.measure)?.of(figure.statistic)?;
            Some((figure, filter))
        })
    }

    /// The figures it speaks of.
    pub fn figures(self) -> impl Iterator<Item = Figure> {
        self.given().map(|(figure, _)| figure)
    }

    /// The condition on a group `g`.
    pub fn condition(self) -> Condition {
        let count = self
            .movie_count
            .map(|filter| filter.condition("g.movie_count"));
        self.given().fold(
            Condition::all().add_option(count),
            |all, (figure, filter)| all.add(filter.condition(&figure.comparable())),
        )
    }
}

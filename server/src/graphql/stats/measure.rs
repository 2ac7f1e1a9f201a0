//! What is measured of a group's movies, and how.

use crate::graphql::scalar::Long;
use async_graphql::{Enum, SimpleObject};
use etl::database::integer_sum;
use sea_orm::DatabaseBackend;
use std::collections::BTreeMap;

/// A value that movies have, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    Budget,
    Revenue,
    Profit,
    Runtime,
    Popularity,
    VoteAverage,
    VoteCount,
}

impl Measure {
    pub const ALL: [Self; 7] = [
        Self::Budget,
        Self::Revenue,
        Self::Profit,
        Self::Runtime,
        Self::Popularity,
        Self::VoteAverage,
        Self::VoteCount,
    ];

    /// Its column, and the beginning of those of its statistics.
    pub fn column(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Revenue => "revenue",
            Self::Profit => "profit",
            Self::Runtime => "runtime",
            Self::Popularity => "popularity",
            Self::VoteAverage => "vote_average",
            Self::VoteCount => "vote_count",
        }
    }

    /// Its field of a group.
    pub fn field(self) -> &'static str {
        match self {
            Self::VoteAverage => "voteAverage",
            Self::VoteCount => "voteCount",
            other => other.column(),
        }
    }

    /// What a movie has of it, in SQL.
    pub fn source(self) -> String {
        match self {
            Self::Profit => "movie.revenue - movie.budget".to_owned(),
            other => format!("movie.{}", other.column()),
        }
    }

    /// Whether it is a whole number.
    pub fn is_whole(self) -> bool {
        matches!(
            self,
            Self::Budget | Self::Revenue | Self::Profit | Self::VoteCount
        )
    }
}

/// What is made of the values that a group's movies have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Enum)]
#[graphql(name = "MovieStatistic")]
pub enum Statistic {
    Sum,
    Average,
    Min,
    Max,
    /// The value in the middle, or the mean of the two there.
    Median,
    /// How many movies have a value.
    Count,
    /// The share of movies that have a value.
    Coverage,
}

impl Statistic {
    pub const ALL: [Self; 7] = [
        Self::Sum,
        Self::Average,
        Self::Min,
        Self::Max,
        Self::Median,
        Self::Count,
        Self::Coverage,
    ];

    /// Its field of a measure, and the end of its column.
    pub fn field(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Average => "average",
            Self::Min => "min",
            Self::Max => "max",
            Self::Median => "median",
            Self::Count => "count",
            Self::Coverage => "coverage",
        }
    }
}

/// A statistic of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Figure {
    pub measure: Measure,
    pub statistic: Statistic,
}

impl Figure {
    /// Every figure there is.
    pub fn all() -> impl Iterator<Item = Self> {
        Measure::ALL.into_iter().flat_map(|measure| {
            let figure = move |statistic| Self { measure, statistic };
            Statistic::ALL.into_iter().map(figure)
        })
    }

    /// Its column among the groups.
    pub fn column(self) -> String {
        format!("{}_{}", self.measure.column(), self.statistic.field())
    }

    /// Whether it is a whole number.
    pub fn is_whole(self) -> bool {
        match self.statistic {
            Statistic::Sum | Statistic::Min | Statistic::Max => self.measure.is_whole(),
            Statistic::Count => true,
            Statistic::Average | Statistic::Median | Statistic::Coverage => false,
        }
    }

    /// Whether no group lacks it.
    pub fn is_never_null(self) -> bool {
        self.statistic == Statistic::Count
    }

    /// The SQL that makes it of a group's rows, in which the measure's column has the values and, for a median,
    /// columns ending in `_place` and `_known` each value's place and how many there are.
    ///
    /// Sums of whole numbers are exact, and so are averages and medians as far as a float is.
    pub fn aggregate(self, backend: DatabaseBackend) -> String {
        let value = self.measure.column();
        match self.statistic {
            Statistic::Sum if self.measure.is_whole() => integer_sum(backend, value),
            Statistic::Sum => format!("SUM({value})"),
            Statistic::Average if self.measure.is_whole() => {
                format!("SUM({value}) * 1e0 / COUNT({value})")
            }
            Statistic::Average => format!("AVG({value})"),
            Statistic::Min => format!("MIN({value})"),
            Statistic::Max => format!("MAX({value})"),
            Statistic::Median => format!(
                "AVG(CASE WHEN 2 * {value}_place BETWEEN {value}_known AND {value}_known + 2
                 THEN {value} * 1e0 END)"
            ),
            Statistic::Count => format!("COUNT({value})"),
            Statistic::Coverage => format!("COUNT({value}) * 1e0 / COUNT(*)"),
        }
    }

    /// The SQL that compares it with other groups' and with what is asked for.
    ///
    /// The last digits of sums and averages of floats are the order's in which an engine comes upon the rows, so
    /// nine decimals count.
    pub fn comparable(self) -> String {
        let column = format!("g.{}", self.column());
        match self.statistic {
            Statistic::Sum | Statistic::Average if !self.measure.is_whole() => {
                format!("ROUND({column}, 9)")
            }
            _ => column,
        }
    }
}

/// The figures of a group that were asked for.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub whole: BTreeMap<Figure, i64>,
    pub real: BTreeMap<Figure, f64>,
}

impl Figures {
    fn whole(&self, measure: Measure, statistic: Statistic) -> Option<Long> {
        let figure = Figure { measure, statistic };
        self.whole.get(&figure).copied().map(Long)
    }

    fn real(&self, measure: Measure, statistic: Statistic) -> Option<f64> {
        self.real.get(&Figure { measure, statistic }).copied()
    }

    fn count(&self, measure: Measure) -> i64 {
        let statistic = Statistic::Count;
        let figure = Figure { measure, statistic };
        self.whole.get(&figure).copied().unwrap_or_default()
    }

    /// A measure of whole numbers.
    pub fn whole_stats(&self, measure: Measure) -> WholeStats {
        WholeStats {
            sum: self.whole(measure, Statistic::Sum),
            average: self.real(measure, Statistic::Average),
            min: self.whole(measure, Statistic::Min),
            max: self.whole(measure, Statistic::Max),
            median: self.real(measure, Statistic::Median),
            count: self.count(measure),
            coverage: self.real(measure, Statistic::Coverage),
        }
    }

    /// A measure of floats.
    pub fn real_stats(&self, measure: Measure) -> RealStats {
        RealStats {
            sum: self.real(measure, Statistic::Sum),
            average: self.real(measure, Statistic::Average),
            min: self.real(measure, Statistic::Min),
            max: self.real(measure, Statistic::Max),
            median: self.real(measure, Statistic::Median),
            count: self.count(measure),
            coverage: self.real(measure, Statistic::Coverage),
        }
    }
}

/// A measure over the movies of a group that have a value; null where none has.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "LongStats")]
pub struct WholeStats {
    sum: Option<Long>,
    average: Option<f64>,
    min: Option<Long>,
    max: Option<Long>,
    /// The value in the middle, or the mean of the two there.
    median: Option<f64>,
    /// How many movies have a value.
    count: i64,
    /// The share of movies that have a value, from 0 to 1; null where there are no movies.
    coverage: Option<f64>,
}

/// A measure over the movies of a group that have a value; null where none has.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "FloatStats")]
pub struct RealStats {
    sum: Option<f64>,
    average: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    /// The value in the middle, or the mean of the two there.
    median: Option<f64>,
    /// How many movies have a value.
    count: i64,
    /// The share of movies that have a value, from 0 to 1; null where there are no movies.
    coverage: Option<f64>,
}

//! What a chart shows, and how it reads aloud. No drawing here.

use crate::format::{count_short, money_short, money_tick, percent};
use crate::locale::localised;

/// What the numbers of a chart are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Dollars,
    Count,
    Score,
    /// A part of one, shown in per cent.
    Share,
}

impl Unit {
    /// A value as text for people.
    pub fn text(self, value: f64) -> String {
        match self {
            Self::Dollars => money_short(value as i64),
            Self::Count if value < 10_000.0 => localised(format!("{value:.0}")),
            Self::Count => count_short(value),
            Self::Score => localised(format!("{value:.2}")),
            Self::Share => percent(value),
        }
    }

    /// A value beside a tick of the axis.
    pub fn tick(self, value: f64) -> String {
        match self {
            Self::Dollars => money_tick(value),
            Self::Count | Self::Score => count_short(value),
            Self::Share => percent(value),
        }
    }
}

/// How a chart draws its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Lines,
    Bars,
    /// Bars upon each other; values are counts.
    Stack,
}

/// One named row of values, one for each year of the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub name: String,
    /// Number of the colour, 0 to 5.
    pub colour: usize,
    pub values: Vec<Option<f64>>,
}

/// A chart over years; years are ascending and may have gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub title: String,
    pub unit: Unit,
    pub shape: Shape,
    pub years: Vec<i32>,
    pub series: Vec<Series>,
}

impl Chart {
    /// Lowest and highest end of everything drawn.
    pub fn extremes(&self) -> Vec<f64> {
        if self.shape == Shape::Stack {
            (0..self.years.len())
                .map(|index| self.total(index))
                .collect()
        } else {
            self.series
                .iter()
                .flat_map(|series| series.values.iter().flatten().copied())
                .collect()
        }
    }

    /// Sum over the series at one year.
    pub fn total(&self, index: usize) -> f64 {
        self.series
            .iter()
            .filter_map(|series| series.values.get(index).copied().flatten())
            .sum()
    }

    /// Index of the year nearest to `year`.
    pub fn nearest(&self, year: f64) -> Option<usize> {
        (0..self.years.len()).min_by(|a, b| {
            let distance = |index: &usize| (f64::from(self.years[*index]) - year).abs();
            distance(a).total_cmp(&distance(b))
        })
    }

    /// The years with a value of a series, and the value.
    pub fn known<'a>(
        &'a self,
        series: &'a Series,
    ) -> impl Iterator<Item = (i32, f64)> + Clone + 'a {
        let pairs = self.years.iter().zip(&series.values);
        pairs.filter_map(|(year, value)| value.map(|value| (*year, value)))
    }

    /// The chart in a sentence or two.
    pub fn summary(&self) -> String {
        let (Some(first), Some(last)) = (self.years.first(), self.years.last()) else {
            return format!("{}: no data.", self.title);
        };
        let mut text = format!("{}, {first} to {last}.", self.title);
        if self.shape == Shape::Stack {
            self.summary_of_stack(&mut text);
            return text;
        }
        for series in &self.series {
            let known = self.known(series);
            let high = known.clone().max_by(|a, b| a.1.total_cmp(&b.1));
            let low = known.min_by(|a, b| a.1.total_cmp(&b.1));
            if let (Some(high), Some(low)) = (high, low) {
                text.push_str(&format!(
                    " {}: highest {} in {}, lowest {} in {}.",
                    series.name,
                    self.unit.text(high.1),
                    high.0,
                    self.unit.text(low.1),
                    low.0,
                ));
            }
        }
        text
    }

    /// How much each part is in all, and where the whole is largest.
    fn summary_of_stack(&self, text: &mut String) {
        for (index, series) in self.series.iter().enumerate() {
            let sum: f64 = series.values.iter().flatten().sum();
            let before = if index == 0 { " " } else { ", " };
            text.push_str(&format!("{before}{} {}", series.name, self.unit.text(sum)));
        }
        let most = (0..self.years.len()).max_by(|a, b| self.total(*a).total_cmp(&self.total(*b)));
        if let Some(most) = most {
            let total = self.unit.text(self.total(most));
            text.push_str(&format!("; most in {}: {total}.", self.years[most]));
        }
    }
}

/// Turns counts per year and name into a stack: the `most` largest names, the rest as "Other".
pub fn stack(title: &str, rows: &[(i32, Vec<(String, i32)>)], most: usize) -> Chart {
    let mut totals: Vec<(String, i64)> = Vec::new();
    for (name, count) in rows.iter().flat_map(|(_, counts)| counts) {
        match totals.iter_mut().find(|(known, _)| known == name) {
            Some((_, total)) => *total += i64::from(*count),
            None => totals.push((name.clone(), i64::from(*count))),
        }
    }
    totals.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let named: Vec<String> = totals
        .iter()
        .take(most)
        .map(|(name, _)| name.clone())
        .collect();
    let sum = |counts: &[(String, i32)], wanted: &dyn Fn(&String) -> bool| {
        let sum: i32 = counts
            .iter()
            .filter(|(name, _)| wanted(name))
            .map(|(_, count)| count)
            .sum();
        (sum > 0).then_some(f64::from(sum))
    };
    let mut series: Vec<Series> = named
        .iter()
        .enumerate()
        .map(|(colour, name)| Series {
            name: name.clone(),
            colour,
            values: rows
                .iter()
                .map(|(_, counts)| sum(counts, &|n| n == name))
                .collect(),
        })
        .collect();
    if totals.len() > most {
        series.push(Series {
            name: "Other".into(),
            colour: 5,
            values: rows
                .iter()
                .map(|(_, counts)| sum(counts, &|n| !named.contains(n)))
                .collect(),
        });
    }
    Chart {
        title: title.into(),
        unit: Unit::Count,
        shape: Shape::Stack,
        years: rows.iter().map(|(year, _)| *year).collect(),
        series,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: Vec<Option<f64>>) -> Chart {
        Chart {
            title: "Profit".into(),
            unit: Unit::Dollars,
            shape: Shape::Bars,
            years: (1995..).take(values.len()).collect(),
            series: vec![Series {
                name: "Profit".into(),
                colour: 0,
                values,
            }],
        }
    }

    #[test]
    fn the_summary_names_both_ends() {
        let text = chart(vec![Some(1e9), None, Some(-5e6)]).summary();
        assert_eq!(
            text,
            "Profit, 1995 to 1997. Profit: highest $1.00 B in 1995, lowest −$5.00 M in 1997."
        );
        assert_eq!(chart(vec![]).summary(), "Profit: no data.");
    }

    #[test]
    fn the_nearest_year_is_found() {
        let chart = chart(vec![None, None, None]);
        assert_eq!(chart.nearest(1996.4), Some(1));
        assert_eq!(chart.nearest(3000.0), Some(2));
    }

    #[test]
    fn a_stack_keeps_every_count() {
        let rows = vec![
            (1995, vec![("Drama".into(), 3), ("Comedy".into(), 1)]),
            (
                1996,
                vec![("Drama".into(), 1), ("War".into(), 2), ("Crime".into(), 1)],
            ),
        ];
        let stack = stack("Releases", &rows, 2);
        let names: Vec<_> = stack
            .series
            .iter()
            .map(|series| series.name.as_str())
            .collect();
        assert_eq!(names, ["Drama", "War", "Other"]);
        assert_eq!(stack.total(0), 4.0);
        assert_eq!(stack.total(1), 4.0);
        assert_eq!(stack.extremes(), [4.0, 4.0]);
        assert_eq!(
            stack.summary(),
            "Releases, 1995 to 1996. Drama 4, War 2, Other 2; most in 1996: 4."
        );
    }
}

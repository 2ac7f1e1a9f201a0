//! The arithmetic of charts: nice ticks and the way from values to pixels.

/// A linear axis whose ends are ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Value at the start of the axis.
    pub min: f64,
    /// Value at the end of the axis; always greater than `min`.
    pub max: f64,
    /// Where lines and labels stand, ascending.
    pub ticks: Vec<f64>,
}

impl Axis {
    /// The axis for a set of values: it holds zero, has about `count` steps and round ticks.
    pub fn around(values: impl IntoIterator<Item = f64>, count: usize) -> Self {
        let (low, high) = values
            .into_iter()
            .filter(|value| value.is_finite())
            .fold((0.0_f64, 0.0_f64), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        let high = if low == high { low + 1.0 } else { high };
        let step = nice_step((high - low) / count.max(1) as f64);
        let (first, last) = ((low / step).floor() as i64, (high / step).ceil() as i64);
        let ticks: Vec<f64> = (first..=last).map(|n| n as f64 * step).collect();
        Self {
            min: first as f64 * step,
            max: last as f64 * step,
            ticks,
        }
    }

    /// Position of a value between `start` (the axis' `min`) and `end` (its `max`).
    pub fn place(&self, value: f64, start: f64, end: f64) -> f64 {
        start + (value - self.min) / (self.max - self.min) * (end - start)
    }
}

/// The smallest of 1, 2, 2.5, 5 × 10ⁿ that is at least `rough`.
fn nice_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let factor = rough / power;
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .find(|nice| *nice >= factor - 1e-9)
        .unwrap_or(10.0)
        * power
}

/// Years to label on an axis of `width` pixels: round steps, none closer than `gap` pixels.
pub fn year_ticks(first: i32, last: i32, width: f64, gap: f64) -> Vec<i32> {
    let span = (last - first).max(1);
    let most = (width / gap).floor().max(1.0) as i32;
    let step = [1, 2, 5, 10, 20, 25, 50, 100]
        .into_iter()
        .find(|step| span / step < most)
        .unwrap_or(200);
    (first..=last).filter(|year| year % step == 0).collect()
}

/// Moves labels apart so that none is closer than `gap` to the next; keeps them within `low..=high`.
pub fn spread(positions: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..positions.len()).collect();
    order.sort_by(|a, b| positions[*a].total_cmp(&positions[*b]));
    let mut placed = positions.to_vec();
    let mut floor = low;
    for &index in &order {
        placed[index] = placed[index].max(floor);
        floor = placed[index] + gap;
    }
    let mut ceiling = high;
    for &index in order.iter().rev() {
        placed[index] = placed[index].min(ceiling);
        ceiling = placed[index] - gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_holds_zero_and_all_values() {
        let axis = Axis::around([-3.4e8, 1.19e9], 4);
        assert!(axis.min <= -3.4e8 && axis.max >= 1.19e9);
        assert!(axis.ticks.contains(&0.0));
        assert_eq!(axis.ticks.first(), Some(&axis.min));
        assert_eq!(axis.ticks.last(), Some(&axis.max));
        assert!(axis.ticks.len() <= 7, "{axis:?}");
    }

    #[test]
    fn an_axis_of_nothing_still_has_a_length() {
        let axis = Axis::around([], 4);
        assert!(axis.max > axis.min);
        let zeros = Axis::around([0.0, 0.0], 4);
        assert!(zeros.place(0.0, 100.0, 0.0).is_finite());
        let negative = Axis::around([-5.0], 4);
        assert_eq!(negative.max, 0.0);
    }

    #[test]
    fn places_are_linear() {
        let axis = Axis::around([0.0, 100.0], 4);
        assert_eq!(axis.place(50.0, 200.0, 0.0), 100.0);
    }

    #[test]
    fn years_do_not_crowd() {
        assert_eq!(year_ticks(1995, 1999, 500.0, 40.0).len(), 5);
        let ticks = year_ticks(1874, 2020, 300.0, 40.0);
        assert!(ticks.len() <= 8, "{ticks:?}");
        assert!(ticks.contains(&1900));
    }

    #[test]
    fn labels_are_pushed_apart() {
        let placed = spread(&[10.0, 11.0, 100.0], 14.0, 0.0, 100.0);
        assert_eq!(placed, [10.0, 24.0, 100.0]);
        let bottom = spread(&[99.0, 100.0], 14.0, 0.0, 100.0);
        assert_eq!(bottom, [86.0, 100.0]);
    }
}

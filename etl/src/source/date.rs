//! Dates in a vendor's own writing.

use chrono::{Datelike, NaiveDate};

/// How a date is written: `YYYY`, `YY`, `MM`, `M` (one or two digits), `DD`, `D`, and what stands between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatePattern(Vec<Part>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Year,
    /// A year without its century.
    ShortYear,
    /// Two digits, or (not padded) one or two.
    Month {
        padded: bool,
    },
    Day {
        padded: bool,
    },
    Other(u8),
}

impl DatePattern {
    /// Reads a pattern; none when it does not name year, month and day once each.
    pub fn parse(pattern: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some(first) = rest.bytes().next() {
            let (part, length) = match first {
                b'Y' if rest.starts_with("YYYY") => (Part::Year, 4),
                b'Y' if rest.starts_with("YY") => (Part::ShortYear, 2),
                b'M' if rest.starts_with("MM") => (Part::Month { padded: true }, 2),
                b'M' => (Part::Month { padded: false }, 1),
                b'D' if rest.starts_with("DD") => (Part::Day { padded: true }, 2),
                b'D' => (Part::Day { padded: false }, 1),
                other if other.is_ascii() && !other.is_ascii_alphanumeric() => {
                    (Part::Other(other), 1)
                }
                _ => return None,
            };
            parts.push(part);
            rest = &rest[length..];
        }
        let once = |is: fn(&Part) -> bool| parts.iter().filter(|part| is(part)).count() == 1;
        (once(|part| matches!(part, Part::Year | Part::ShortYear))
            && once(|part| matches!(part, Part::Month { .. }))
            && once(|part| matches!(part, Part::Day { .. })))
        .then_some(Self(parts))
    }

    /// The date that a text is under this pattern; a year of two digits is the one in the hundred years
    /// that begin with `first_year`.
    pub fn date(&self, text: &str, first_year: i32) -> Option<NaiveDate> {
        let mut rest = text.as_bytes();
        let (mut year, mut month, mut day) = (0, 0, 0);
        for part in &self.0 {
            match *part {
                Part::Year => year = digits(&mut rest, 4, 4)? as i32,
                Part::ShortYear => {
                    let short = digits(&mut rest, 2, 2)? as i32;
                    year = first_year + (short - first_year).rem_euclid(100);
                }
                Part::Month { padded } => month = digits(&mut rest, 1 + usize::from(padded), 2)?,
                Part::Day { padded } => day = digits(&mut rest, 1 + usize::from(padded), 2)?,
                Part::Other(byte) => {
                    let (first, after) = rest.split_first()?;
                    if *first != byte {
                        return None;
                    }
                    rest = after;
                }
            }
        }
        rest.is_empty()
            .then(|| NaiveDate::from_ymd_opt(year, month, day))
            .flatten()
            .filter(|date| date.year() > 0)
    }

    /// Whether a date's century has to be assumed.
    pub fn is_short(&self) -> bool {
        self.0.contains(&Part::ShortYear)
    }
}

/// Takes as many digits as there are, between `least` and `most`.
fn digits(rest: &mut &[u8], least: usize, most: usize) -> Option<u32> {
    let length = rest
        .iter()
        .take(most)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if length < least {
        return None;
    }
    let (taken, after) = rest.split_at(length);
    *rest = after;
    Some(
        taken
            .iter()
            .fold(0, |number, digit| number * 10 + u32::from(digit - b'0')),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn date(pattern: &str, text: &str) -> Option<String> {
        let date = DatePattern::parse(pattern).unwrap().date(text, 1930)?;
        Some(date.to_string())
    }

    #[test]
    fn dates_are_read_as_they_are_written() {
        for (pattern, text, expected) in [
            ("YYYY-MM-DD", "1995-10-30", Some("1995-10-30")),
            ("YYYY-MM-DD", "1995-2-3", None),
            ("YYYY-MM-DD", "1995-02-30", None),
            ("YYYY-MM-DD", "1995-02-003", None),
            ("YYYY-MM-DD", "1995-02-+3", None),
            ("M/D/YY", "10/30/95", Some("1995-10-30")),
            ("M/D/YY", "1/2/30", Some("1930-01-02")),
            ("M/D/YY", "1/2/29", Some("2029-01-02")),
            ("M/D/YY", "1/2/1929", None),
            ("M/D/YYYY", "1/2/1929", Some("1929-01-02")),
            ("M/D/YYYY", "13/2/1929", None),
            ("DD.MM.YYYY", "30.10.1995", Some("1995-10-30")),
            ("DD.MM.YYYY", "3.10.1995", None),
        ] {
            assert_eq!(
                date(pattern, text).as_deref(),
                expected,
                "{text} as {pattern}"
            );
        }
    }

    #[test]
    fn a_pattern_names_each_part_once() {
        for pattern in [
            "",
            "YYYY-MM",
            "YYYY-MM-DD-D",
            "yyyy-MM-DD",
            "YYY-MM-DD",
            "YYYYYY",
        ] {
            assert_eq!(DatePattern::parse(pattern), None, "{pattern}");
        }
    }
}

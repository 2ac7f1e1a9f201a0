//! Numbers, money, sizes and times as text. Plain functions over plain values, tested natively; only what
//! [`localised`] makes of their digits is the browser's.

use crate::locale::localised;

/// What stands where a value is not known.
pub const UNKNOWN: &str = "—";

/// Money with three significant digits and a unit: `$1.19 B`, `−$340 M`, `$950`.
pub fn money_short(dollars: i64) -> String {
    let sign = if dollars < 0 { "−" } else { "" };
    let size = dollars.unsigned_abs();
    let (scaled, unit) = scaled(size as f64);
    localised(match unit {
        "" => format!("{sign}${size}"),
        unit => format!("{sign}${} {unit}", three_digits(scaled)),
    })
}

/// A count shortened for an axis: `1.2 k`, `45.4 k`, `950`.
pub fn count_short(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    let (scaled, unit) = scaled(value.abs());
    let digits = trim_zeros(&three_digits(scaled));
    localised(match unit {
        "" => format!("{sign}{digits}"),
        unit => format!("{sign}{digits} {}", if unit == "K" { "k" } else { unit }),
    })
}

/// Money for an axis tick, without needless zeros: `$0`, `$500 M`, `−$1.5 B`.
pub fn money_tick(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    let (scaled, unit) = scaled(value.abs());
    let digits = trim_zeros(&three_digits(scaled));
    localised(match unit {
        "" => format!("{sign}${digits}"),
        unit => format!("{sign}${digits} {unit}"),
    })
}

fn scaled(size: f64) -> (f64, &'static str) {
    // 999.5 of a unit would be rounded to 1000, so it belongs to the next one.
    [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")]
        .into_iter()
        .find(|(unit, _)| size >= unit * 0.9995)
        .map_or((size, ""), |(unit, name)| (size / unit, name))
}

fn three_digits(value: f64) -> String {
    if value >= 99.95 {
        format!("{value:.0}")
    } else if value >= 9.995 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

fn trim_zeros(digits: &str) -> String {
    if digits.contains('.') {
        digits
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    } else {
        digits.to_owned()
    }
}

/// A size in bytes: `34.1 MB`, `812 B`.
pub fn bytes_short(bytes: i64) -> String {
    let (scaled, unit) = scaled(bytes.max(0) as f64);
    localised(match unit {
        "" => format!("{bytes} B"),
        "K" => format!("{} kB", three_digits(scaled)),
        "B" => format!("{} GB", three_digits(scaled)),
        unit => format!("{} {unit}B", three_digits(scaled)),
    })
}

/// A duration: `40 ms`, `1.2 s`, `3 min 04 s`, `2 h 05 min`.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    localised(if seconds < 0.9995 {
        format!("{:.0} ms", seconds * 1000.0)
    } else if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if seconds < 59.5 {
        format!("{seconds:.0} s")
    } else {
        let whole = seconds.round() as u64;
        match whole {
            0..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
            _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
        }
    })
}

/// How long ago an instant was, both in milliseconds since 1970.
pub fn ago(now: f64, then: f64) -> String {
    let seconds = (now - then) / 1000.0;
    if seconds < 5.0 {
        return "just now".into();
    }
    format!("{} ago", span(seconds))
}

/// How long it is until an instant, both in milliseconds since 1970; of one that has passed, how long ago it was.
pub fn ahead(now: f64, then: f64) -> String {
    match (then - now) / 1000.0 {
        seconds if seconds < 5.0 => ago(now, then),
        seconds => format!("in {}", span(seconds)),
    }
}

/// A length of time in one unit.
fn span(seconds: f64) -> String {
    let (count, unit) = match seconds {
        s if s < 59.5 => (s, "s"),
        s if s < 3570.0 => (s / 60.0, "min"),
        s if s < 84_600.0 => (s / 3600.0, "h"),
        s if s < 86_400.0 * 59.5 => (s / 86_400.0, "d"),
        s if s < 86_400.0 * 700.0 => (s / 2_629_800.0, "months"),
        s => (s / 31_557_600.0, "years"),
    };
    localised(format!("{count:.0} {unit}"))
}

/// A share as a percentage: `0 %`, `0.4 %`, `43 %`.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    localised(if value > 0.0 && value < 0.995 {
        format!("{value:.1} %")
    } else {
        format!("{value:.0} %")
    })
}

/// `1 movie`, `2 movies`; the number is already text so that it may be in the reader's locale.
pub fn plural(count: i64, text: &str, one: &str, many: &str) -> String {
    format!("{text} {}", if count == 1 { one } else { many })
}

/// A running time in minutes: `1 h 42 min`.
pub fn runtime(minutes: f64) -> String {
    let whole = minutes.round() as i64;
    localised(match (whole / 60, whole % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes:02} min"),
    })
}

/// `PARTLY_DONE` or `partly_done` as words: `Partly done`.
pub fn words(name: &str) -> String {
    let lower = name.to_lowercase().replace(['_', '-'], " ");
    let mut chars = lower.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_keeps_three_digits_and_its_sign() {
        for (dollars, text) in [
            (0, "$0"),
            (950, "$950"),
            (1_190_000_000, "$1.19 B"),
            (-340_000_000, "−$340 M"),
            (12_345, "$12.3 K"),
            (999_950, "$1.00 M"),
            (i64::MIN, "−$9223372 T"),
        ] {
            assert_eq!(money_short(dollars), text);
        }
    }

    #[test]
    fn ticks_have_no_needless_zeros() {
        assert_eq!(money_tick(5e8), "$500 M");
        assert_eq!(money_tick(-1.5e9), "−$1.5 B");
        assert_eq!(money_tick(0.0), "$0");
        assert_eq!(count_short(1200.0), "1.2 k");
        assert_eq!(count_short(100.0), "100");
    }

    #[test]
    fn sizes_and_durations() {
        assert_eq!(bytes_short(812), "812 B");
        assert_eq!(bytes_short(34_100_000), "34.1 MB");
        assert_eq!(bytes_short(2_000_000_000), "2.00 GB");
        assert_eq!(duration(0.04), "40 ms");
        assert_eq!(duration(1.23), "1.2 s");
        assert_eq!(duration(184.0), "3 min 04 s");
        assert_eq!(duration(7500.0), "2 h 05 min");
    }

    #[test]
    fn times_are_relative() {
        let now = 1e12;
        assert_eq!(ago(now, now - 1000.0), "just now");
        assert_eq!(ago(now, now + 9000.0), "just now");
        assert_eq!(ago(now, now - 120_000.0), "2 min ago");
        assert_eq!(ago(now, now - 86_400_000.0 * 3.0), "3 d ago");
        assert_eq!(ahead(now, now + 86_400_000.0 * 3.0), "in 3 d");
        assert_eq!(ahead(now, now - 120_000.0), "2 min ago");
    }

    #[test]
    fn small_things() {
        assert_eq!(percent(0.004), "0.4 %");
        assert_eq!(percent(0.43), "43 %");
        assert_eq!(runtime(102.0), "1 h 42 min");
        assert_eq!(runtime(45.0), "45 min");
        assert_eq!(words("SUCCEEDED"), "Succeeded");
        assert_eq!(words(""), "");
        assert_eq!(plural(1, "1", "movie", "movies"), "1 movie");
    }
}

//! How the reader writes numbers, which the browser knows.

use std::cell::OnceCell;

use js_sys::{Array, Function, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

thread_local! {
    static SIGNS: OnceCell<Signs> = const { OnceCell::new() };
}

/// An options object for `Intl` constructors.
pub fn options(entries: &[(&str, JsValue)]) -> Object {
    let options = Object::new();
    for (key, value) in entries {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&options, &(*key).into(), value);
    }
    options
}

/// What makes text of a number in the reader's locale.
pub fn number_format(entries: &[(&str, JsValue)]) -> Function {
    Intl::NumberFormat::new(&Array::new(), &options(entries)).format()
}

/// What the reader's locale writes for 0 to 9, and before the fraction.
struct Signs {
    digits: Vec<char>,
    point: char,
}

impl Signs {
    fn of_reader() -> Self {
        let format = number_format(&[("useGrouping", false.into())]);
        let written = |number: f64| {
            let text = format.call1(&JsValue::UNDEFINED, &number.into()).ok();
            let text = text.and_then(|text| text.as_string()).unwrap_or_default();
            text.chars().collect::<Vec<_>>()
        };
        let mut digits = written(9_876_543_210.0);
        digits.reverse();
        Self {
            digits,
            point: written(0.5).get(1).copied().unwrap_or('.'),
        }
    }

    fn of(&self, sign: char) -> char {
        let digit = sign.to_digit(10);
        match digit.and_then(|digit| self.digits.get(digit as usize)) {
            Some(digit) => *digit,
            None if sign == '.' => self.point,
            None => sign,
        }
    }
}

/// A text whose digits and points are those of its numbers, with these as the reader's locale has them. Outside a
/// browser there is no reader, and the text stays as it is.
pub fn localised(text: String) -> String {
    if cfg!(not(target_arch = "wasm32")) {
        return text;
    }
    SIGNS.with(|signs| {
        let signs = signs.get_or_init(Signs::of_reader);
        text.chars().map(|sign| signs.of(sign)).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_points_are_the_locale_s() {
        let german = Signs {
            digits: ('0'..='9').collect(),
            point: ',',
        };
        let arabic = Signs {
            digits: ('٠'..='٩').collect(),
            point: '٫',
        };
        let written = |signs: &Signs| "−$1.29 B".chars().map(|sign| signs.of(sign)).collect();
        let (german, arabic): (String, String) = (written(&german), written(&arabic));
        assert_eq!(german, "−$1,29 B");
        assert_eq!(arabic, "−$١٫٢٩ B");
    }
}

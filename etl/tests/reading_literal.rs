//! Python literals: what CPython prints, what is no literal, and whatever else a cell may hold.
#![allow(clippy::unwrap_used)]

use etl::literal::{Value, parse};
use proptest::prelude::*;
use std::borrow::Cow;

#[test]
fn reads_what_cpython_prints() {
    let fixtures = include_str!("fixtures/literals.jsonl");
    let mut count = 0;
    for line in fixtures.lines() {
        let fixture: serde_json::Value = serde_json::from_str(line).unwrap();
        let repr = fixture["repr"].as_str().unwrap();
        let value = parse(repr).unwrap();
        assert_eq!(json(&value), fixture["json"], "{repr}");
        assert_eq!(parse(&value.to_string()).unwrap(), value, "{repr}");
        if !repr.contains("e+") && !repr.contains("e-") {
            assert_eq!(value.to_string(), repr);
        }
        count += 1;
    }
    assert!(count >= 200);
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::None => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Str(value) => value.as_ref().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Dict(pairs) => pairs
            .iter()
            .map(|(key, value)| match key {
                Value::Str(key) => (key.to_string(), json(value)),
                key => panic!("not a string key: {key:?}"),
            })
            .collect(),
    }
}

#[test]
fn escapes_are_those_of_python() {
    for (text, value) in [
        (r"'\101\7\0'", "A\x07\0"),
        (r"'\1234'", "S4"),
        (r#"'\'\"\\'"#, "'\"\\"),
        (r"'\x41\u00e9\U0001f3ac'", "Aé🎬"),
        (r"'\a\b\f\n\r\t\v'", "\x07\x08\x0c\n\r\t\x0b"),
        (r"'\d\ud83c'", "\\d\u{fffd}"),
        ("'a\\\nb'", "ab"),
    ] {
        assert_eq!(parse(text).unwrap(), Value::Str(value.into()), "{text}");
    }
    assert!(matches!(
        parse("'plain'").unwrap(),
        Value::Str(Cow::Borrowed("plain"))
    ));
}

#[test]
fn faults_are_placed() {
    for (text, offset) in [
        ("", 0),
        ("[", 1),
        ("[1 2]", 3),
        ("{'a' 1}", 5),
        ("'abc", 4),
        ("[nope]", 1),
        ("[] x", 3),
        ("'\\x4'", 1),
    ] {
        assert_eq!(parse(text).unwrap_err().offset, offset, "{text}");
    }
    assert!(parse(&"[".repeat(100_000)).is_err());
}

proptest! {
    #[test]
    fn never_panics(text in ".*") {
        let _ = parse(&text);
    }

    #[test]
    fn never_panics_on_nearly_literals(text in r#"[\[\]{}'"\\xu0-9a, :é]{0,40}"#) {
        let _ = parse(&text);
    }

    #[test]
    fn what_is_printed_reads_as_what_it_was(value in any_value()) {
        let text = value.to_string();
        prop_assert_eq!(parse(&text).unwrap(), value, "{}", text);
    }
}

/// Values as a cell could hold them, nested a few times.
fn any_value() -> impl Strategy<Value = Value<'static>> {
    let text = || {
        prop_oneof![
            any::<String>(),
            r#"['"\\\\nx\u{a0}\u{ad}\u{200b}\u{2028}é日🎬]{0,8}"#
        ]
        .prop_map(|text| Value::Str(text.into()))
    };
    let leaf = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>()
            .prop_filter("nan is not itself", |f| !f.is_nan())
            .prop_map(Value::Float),
        text(),
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        let pair = (text(), inner.clone());
        prop_oneof![
            proptest::collection::vec(inner, 0..5).prop_map(Value::List),
            proptest::collection::vec(pair, 0..5).prop_map(Value::Dict),
        ]
    })
}

//! What is wrong with a draft, by line and column.

use crate::api::schema;

/// Something that is wrong with a draft.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "RuleFault")]
pub struct Fault {
    /// From 1.
    pub line: i32,
    /// From 1, in characters.
    pub column: i32,
    pub message: String,
}

/// The faults that the message of a refused publication names: `line 3, column 5: …`, one after another.
/// None where it is about something else.
pub fn named(message: &str) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for line in message.lines() {
        match (place(line), faults.last_mut()) {
            (Some(fault), _) => faults.push(fault),
            // A message may have several lines.
            (None, Some(last)) => {
                last.message.push('\n');
                last.message.push_str(line);
            }
            (None, None) => return faults,
        }
    }
    faults
}

fn place(line: &str) -> Option<Fault> {
    let (number, rest) = line.strip_prefix("line ")?.split_once(", column ")?;
    let (column, message) = rest.split_once(": ")?;
    Some(Fault {
        line: number.parse().ok()?,
        column: column.parse().ok()?,
        message: message.to_owned(),
    })
}

/// Where a place is in a text, in the UTF-16 units that the browser counts in; the text's end where it is beyond.
pub fn offset(text: &str, line: i32, column: i32) -> u32 {
    let before = |number: i32| usize::try_from(number).unwrap_or(1).saturating_sub(1);
    let mut units = 0;
    for (at, whole) in text.split_inclusive('\n').enumerate() {
        if at == before(line) {
            let own = whole.trim_end_matches('\n').chars().take(before(column));
            units += own.map(char::len_utf16).sum::<usize>();
            break;
        }
        units += whole.encode_utf16().count();
    }
    u32::try_from(units).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_out_of_a_message() {
        let message =
            "line 2, column 6: unclosed array, expected `]`\nline 30, column 1: no\nsuch field";
        let faults = named(message);
        let told: Vec<_> = faults
            .iter()
            .map(|fault| (fault.line, fault.column, fault.message.as_str()))
            .collect();
        let expected = [
            (2, 6, "unclosed array, expected `]`"),
            (30, 1, "no\nsuch field"),
        ];
        assert_eq!(told, expected);
        assert_eq!(named("these very rules are published as version 1"), []);
    }

    #[test]
    fn places_are_counted_as_the_browser_does() {
        let check = |text: &str, line, column, expected| {
            assert_eq!(
                offset(text, line, column),
                expected,
                "{line}:{column} of {text:?}"
            );
        };
        check("ab\ncd\n", 1, 1, 0);
        check("ab\ncd\n", 2, 2, 4);
        check("ab\ncd\n", 2, 9, 5);
        check("ab\ncd\n", 7, 1, 6);
        check("😀é\nx", 2, 1, 4);
        check("😀é\nx", 1, 2, 2);
    }
}

//! A rejected record taken apart: which part of the raw text each field is.

/// The fields of one record of a CSV file: where each stands in the text, and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Bytes of the text, quotes included.
    pub start: usize,
    pub end: usize,
    pub value: String,
}

/// Takes the first record of a text apart. A quoted field may hold commas, doubled quotes and line ends.
pub fn fields(raw: &str) -> Vec<Field> {
    let mut fields = Vec::new();
    let (mut start, mut value, mut quoted) = (0, String::new(), false);
    let mut letters = raw.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' if quoted && letters.next_if(|(_, next)| *next == '"').is_some() => value.push('"'),
            '"' if quoted => quoted = false,
            '"' if at == start => quoted = true,
            ',' if !quoted => {
                fields.push(Field {
                    start,
                    end: at,
                    value: std::mem::take(&mut value),
                });
                start = at + 1;
            }
            '\r' if !quoted && letters.peek().is_none_or(|(_, next)| *next == '\n') => {}
            '\n' if !quoted => {
                let end = at - usize::from(raw[..at].ends_with('\r'));
                fields.push(Field { start, end, value });
                return fields;
            }
            letter => value.push(letter),
        }
    }
    let end = raw.trim_end_matches(['\r', '\n']).len().max(start);
    fields.push(Field { start, end, value });
    fields
}

/// The part of a record that is at fault: the field of a column, where the record has as many fields as the
/// file has columns; else the only place where the offending value stands.
pub fn fault(
    raw: &str,
    columns: &[String],
    column: Option<&str>,
    value: Option<&str>,
) -> Option<(usize, usize)> {
    let parts = fields(raw);
    if let Some(place) = column.and_then(|column| place(columns, column))
        && parts.len() == columns.len()
    {
        return parts.get(place).map(|field| (field.start, field.end));
    }
    let value = value.filter(|value| !value.is_empty())?;
    let mut places = raw.match_indices(value);
    match (places.next(), places.next()) {
        (Some((start, _)), None) => Some((start, start + value.len())),
        _ => None,
    }
}

/// Where a column stands; case and spaces around it don't matter, as they don't to the server.
pub fn place(columns: &[String], column: &str) -> Option<usize> {
    columns
        .iter()
        .position(|known| known.trim().eq_ignore_ascii_case(column.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(raw: &str) -> Vec<String> {
        fields(raw).into_iter().map(|field| field.value).collect()
    }

    #[test]
    fn fields_are_those_of_the_record() {
        assert_eq!(values("a,b,c"), ["a", "b", "c"]);
        assert_eq!(values(",,"), ["", "", ""]);
        assert_eq!(values("\"a,\"\"b\"\"\",c\r\n"), ["a,\"b\"", "c"]);
        assert_eq!(values("\"a\nb\",c\nnext,record"), ["a\nb", "c"]);
        assert_eq!(values(""), [""]);
    }

    #[test]
    fn places_are_those_in_the_text() {
        let raw = "1,\"x, y\",ö,z\r\n";
        let cut: Vec<&str> = fields(raw)
            .iter()
            .map(|field| &raw[field.start..field.end])
            .collect();
        assert_eq!(cut, ["1", "\"x, y\"", "ö", "z"]);
    }

    #[test]
    fn the_fault_is_the_columns_field_or_the_value() {
        let columns: Vec<String> = ["id", " Title", "budget"].map(str::to_owned).into();
        let at = |raw, column, value| fault(raw, &columns, column, value);
        assert_eq!(at("1,,5", Some("title"), None), Some((2, 2)));
        assert_eq!(at("1,Ariel,5", Some("title"), Some("Ariel")), Some((2, 7)));
        // Too many fields: only the value tells.
        assert_eq!(at("x,1,Ariel,5", Some("id"), Some("Ariel")), Some((4, 9)));
        assert_eq!(at("1,1,1,1", Some("id"), Some("1")), None);
        assert_eq!(at("1,a,b,c", None, None), None);
    }
}

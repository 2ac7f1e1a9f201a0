//! In which form an answer is wanted: JSON, or CSV by `Accept: text/csv` or an address that ends with `.csv`.

use super::problem::Problem;
use axum::http::{HeaderMap, StatusCode, Uri, header};

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON object.
    Json,
    /// RFC 4180 with a header row, in UTF-8.
    Csv,
}

impl Form {
    /// All of them, the one that is given to whoever does not care first.
    const ALL: [(Self, &'static str); 2] =
        [(Self::Json, "application/json"), (Self::Csv, "text/csv")];

    /// The form that a request asks for.
    ///
    /// # Errors
    /// 406 when it accepts neither.
    pub fn of(uri: &Uri, headers: &HeaderMap) -> Result<Self, Problem> {
        if uri.path().ends_with(".csv") {
            return Ok(Self::Csv);
        }
        let lines = headers.get_all(header::ACCEPT).iter();
        let lines: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
        Self::preferred(&lines.join(",")).ok_or_else(|| {
            let detail = "answers are application/json or text/csv";
            Problem::new(StatusCode::NOT_ACCEPTABLE, detail)
        })
    }

    /// The form of the highest weight (RFC 9110, 12.5.1); none when all of them are refused.
    fn preferred(accept: &str) -> Option<Self> {
        let ranges: Vec<_> = accept
            .split(',')
            .map(range)
            .filter(|r| !r.0.is_empty())
            .collect();
        if ranges.is_empty() {
            return Some(Self::Json);
        }
        let mut best: Option<(Self, f32)> = None;
        for (form, kind) in Self::ALL {
            let weight = weight(&ranges, kind);
            if weight > 0.0 && best.is_none_or(|(_, so_far)| weight > so_far) {
                best = Some((form, weight));
            }
        }
        best.map(|(form, _)| form)
    }
}

/// A media range and its weight.
fn range(text: &str) -> (String, f32) {
    let mut parts = text.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .map_or(1.0, |(_, weight)| weight.trim().parse().unwrap_or(0.0));
    (kind, weight)
}

/// The weight that the most specific range gives a media type.
fn weight(ranges: &[(String, f32)], kind: &str) -> f32 {
    let family = kind.split('/').next().unwrap_or_default();
    let wanted = [kind.to_owned(), format!("{family}/*"), "*/*".to_owned()];
    let found = wanted
        .iter()
        .find_map(|wanted| ranges.iter().find(|(range, _)| range == wanted));
    found.map_or(0.0, |(_, weight)| *weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &str, form: Option<Form>) {
        assert_eq!(Form::preferred(accept), form, "{accept}");
    }

    #[test]
    fn what_is_accepted_decides() {
        check("", Some(Form::Json));
        check("*/*", Some(Form::Json));
        check("text/csv", Some(Form::Csv));
        check("TEXT/CSV;charset=utf-8", Some(Form::Csv));
        check("text/csv;q=0.5, application/json", Some(Form::Json));
        check("text/csv, application/json;q=0.9", Some(Form::Csv));
        check(
            "text/html, application/xhtml+xml, */*;q=0.8",
            Some(Form::Json),
        );
        check("text/*", Some(Form::Csv));
        check("application/json;q=0, */*", Some(Form::Csv));
        check("image/png", None);
        check("text/csv;q=0", None);
    }
}

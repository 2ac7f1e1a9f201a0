//! From which pages sockets may be opened.
//!
//! Browsers let any page open a socket to any server, with that server's cookies, and say only in the header
//! `Origin` where the page is from.

use axum::http::{HeaderMap, header};

/// Whether a socket may be opened: by no page at all, by one of this server, or by one of an origin that is allowed
/// (each written as `https://host:port`, in lower case).
pub fn may_open(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str().map(str::to_ascii_lowercase) else {
        return false;
    };
    if allowed.contains(&origin) {
        return true;
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let page = origin.split_once("://").map(|(_, authority)| authority);
    page.is_some() && page == host.map(str::to_ascii_lowercase).as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(origin: Option<&str>, expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "Mart.test:8080".parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        let allowed = ["https://desk.test".to_owned()];
        assert_eq!(may_open(&headers, &allowed), expected, "{origin:?}");
    }

    #[test]
    fn only_pages_of_this_server_and_allowed_ones_open_sockets() {
        check(None, true);
        check(Some("http://mart.test:8080"), true);
        check(Some("https://MART.test:8080"), true);
        check(Some("https://desk.test"), true);
        check(Some("http://desk.test"), false);
        check(Some("http://mart.test"), false);
        check(Some("http://mart.test:8080.evil.test"), false);
        check(Some("http://evil.test"), false);
        check(Some("null"), false);
        check(Some(""), false);
    }
}

//! `/api/v1/uploads`: files in, with their progress. `fetch` tells nothing of a body's progress, so
//! this one request is an `XMLHttpRequest`.

use gloo_net::http::Request;
use serde::Deserialize;
use serde_json::Value;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{File, ProgressEvent, XmlHttpRequest};

use super::transport::{ApiError, NETWORK, UNAUTHENTICATED};

/// The reader has stopped an upload.
pub const STOPPED: &str = "STOPPED";

/// A file that the archive has now, and the run that loads it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Uploaded {
    pub run: i64,
    pub file: UploadedFile,
}

/// A file that the archive has.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct UploadedFile {
    pub sha256: String,
}

#[derive(Deserialize)]
struct Received {
    received: f64,
}

fn address(name: &str) -> String {
    let name = String::from(js_sys::encode_uri_component(name));
    format!("/api/v1/uploads/{name}")
}

/// Sends a file from a byte on, its run to be held before merging where that is asked for. `sent` is
/// told how many of all its bytes have gone, `ended` once what became of it. The request may be
/// aborted.
///
/// # Errors
/// What the browser has against the request.
pub fn send(
    file: &File,
    from: f64,
    hold: bool,
    sent: Box<dyn Fn(f64)>,
    ended: Box<dyn FnOnce(Result<Uploaded, ApiError>)>,
) -> Result<XmlHttpRequest, ApiError> {
    let refused = |_| ApiError {
        code: NETWORK.to_owned(),
        message: "The browser does not send the file.".to_owned(),
    };
    let request = XmlHttpRequest::new().map_err(refused)?;
    let hold = if hold { "?hold=true" } else { "" };
    let address = format!("{}{hold}", address(&file.name()));
    request.open("PUT", &address).map_err(refused)?;
    // What the system takes a file for (a spreadsheet, say) is of no interest.
    let kind = request.set_request_header("content-type", "application/octet-stream");
    kind.map_err(refused)?;
    if from > 0.0 {
        let offset = request.set_request_header("upload-offset", &from.to_string());
        offset.map_err(refused)?;
    }
    let progress = move |event: ProgressEvent| sent(from + event.loaded());
    let progress = Closure::<dyn Fn(ProgressEvent)>::new(progress).into_js_value();
    let upload = request.upload().map_err(refused)?;
    upload.set_onprogress(Some(progress.unchecked_ref()));
    let answered = request.clone();
    let end = Closure::once_into_js(move || {
        let status = answered.status().unwrap_or_default();
        let text = answered.response_text().ok().flatten();
        ended(read(status, &text.unwrap_or_default()));
    });
    request.set_onloadend(Some(end.unchecked_ref()));
    let rest = file.slice_with_f64(from).map_err(refused)?;
    request.send_with_opt_blob(Some(&rest)).map_err(refused)?;
    Ok(request)
}

/// What the server says to an upload.
fn read(status: u16, text: &str) -> Result<Uploaded, ApiError> {
    let malformed = |error: serde_json::Error| ApiError {
        code: "MALFORMED".to_owned(),
        message: format!("The server's answer can't be read: {error}"),
    };
    if status == 202 {
        return serde_json::from_str(text).map_err(malformed);
    }
    let problem: Value = serde_json::from_str(text).unwrap_or_default();
    let told = problem["detail"].as_str();
    let told = told.or_else(|| problem["errors"][0]["message"].as_str());
    let code = problem["code"].as_str();
    let code = code.or_else(|| problem["errors"][0]["extensions"]["code"].as_str());
    let (other, sentence) = match status {
        0 => (NETWORK.to_owned(), "The connection broke off.".to_owned()),
        401 => (UNAUTHENTICATED.to_owned(), "Sign in first.".to_owned()),
        502..=504 => (
            NETWORK.to_owned(),
            format!("The server isn't available (HTTP {status})."),
        ),
        _ => (
            format!("HTTP_{status}"),
            format!("The server answered with HTTP {status}."),
        ),
    };
    Err(ApiError {
        code: code.map_or(other, str::to_owned),
        message: told.map_or(sentence, str::to_owned),
    })
}

/// How many bytes of an upload that broke off have come; none where the server knows of none.
pub async fn received(name: &str) -> f64 {
    let Ok(answer) = Request::get(&address(name)).send().await else {
        return 0.0;
    };
    match answer.ok() {
        true => answer
            .json()
            .await
            .map_or(0.0, |known: Received| known.received),
        false => 0.0,
    }
}

/// Lets the server forget what has come of an upload.
pub async fn give_up(name: &str) {
    // Where it is not told now, it forgets by itself after a while.
    let _ = Request::delete(&address(name)).send().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_read() {
        let sha256 = "ab".to_owned();
        let taken = read(
            202,
            r#"{"run":7,"file":{"sha256":"ab","name":"a.csv","bytes":3}}"#,
        );
        let file = UploadedFile { sha256 };
        assert_eq!(taken, Ok(Uploaded { run: 7, file }));
    }

    #[test]
    fn every_refusal_has_a_code_and_a_sentence() {
        let check = |status, text, code: &str, message: &str| {
            let error = read(status, text).expect_err("refused");
            assert_eq!(
                (error.code.as_str(), error.message.as_str()),
                (code, message)
            );
        };
        let large = r#"{"type":"about:blank","status":413,"code":"TOO_LARGE","detail":"it is"}"#;
        check(413, large, "TOO_LARGE", "it is");
        let foreign =
            r#"{"data":null,"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}"#;
        check(403, foreign, "FORBIDDEN", "no");
        check(0, "", NETWORK, "The connection broke off.");
        check(401, "", UNAUTHENTICATED, "Sign in first.");
        check(503, "", NETWORK, "The server isn't available (HTTP 503).");
        check(
            500,
            "<html>",
            "HTTP_500",
            "The server answered with HTTP 500.",
        );
    }
}

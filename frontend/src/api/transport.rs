//! `POST /graphql`: the only way to the server.

use cynic::Operation;
use gloo_net::http::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The server could not be reached at all.
pub const NETWORK: &str = "NETWORK";
/// Nobody is signed in, or the session has ended.
pub const UNAUTHENTICATED: &str = "UNAUTHENTICATED";

/// Why a request gave no data, as shown to the reader.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    /// Stable code: the server's `extensions.code`, `HTTP_<status>`, or [`NETWORK`].
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

impl ApiError {
    fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
        }
    }
}

/// An operation as the request body; polling sends the same body again.
pub fn body<T, V: Serialize>(operation: &Operation<T, V>) -> String {
    serde_json::to_string(operation).unwrap_or_default()
}

/// Runs one operation.
pub async fn send<T: DeserializeOwned + 'static, V: Serialize>(
    operation: Operation<T, V>,
) -> Result<T, ApiError> {
    post(body(&operation)).await.and_then(decode)
}

/// Posts a request body and takes its answer apart. Data with errors beside it counts as an error.
pub async fn post(body: String) -> Result<Value, ApiError> {
    let lost = |_| ApiError::new(NETWORK, "The server can't be reached.");
    let response = Request::post("/graphql")
        .header("content-type", "application/json")
        .header("accept", "application/json")
        .header("x-marquee-csrf", "1")
        .body(body)
        .map_err(lost)?
        .send()
        .await
        .map_err(lost)?;
    let status = response.status();
    let text = response.text().await.map_err(lost)?;
    read(status, &text)
}

/// The `data` of an answer as what the query asked for.
pub fn decode<T: DeserializeOwned>(data: Value) -> Result<T, ApiError> {
    T::deserialize(data).map_err(malformed)
}

fn malformed(error: serde_json::Error) -> ApiError {
    ApiError::new(
        "MALFORMED",
        format!("The server's answer can't be read: {error}"),
    )
}

/// The data of an answer, or its first error.
fn read(status: u16, text: &str) -> Result<Value, ApiError> {
    let mut answer: Value = match serde_json::from_str(text) {
        Ok(answer) => answer,
        Err(error) => {
            return Err(match status {
                200 => malformed(error),
                401 => ApiError::new(UNAUTHENTICATED, "Sign in first."),
                502..=504 => ApiError::new(
                    NETWORK,
                    format!("The server isn't available (HTTP {status})."),
                ),
                _ => ApiError::new(
                    format!("HTTP_{status}"),
                    format!("The server answered with HTTP {status}."),
                ),
            });
        }
    };
    if !answer.is_object() {
        answer = Value::Object(Default::default());
    }
    let error = &answer["errors"][0];
    if error.is_object() {
        let code = error["extensions"]["code"].as_str().unwrap_or("ERROR");
        return Err(ApiError::new(
            code,
            error["message"].as_str().unwrap_or_default(),
        ));
    }
    match answer["data"].take() {
        Value::Null if status == 401 => Err(ApiError::new(UNAUTHENTICATED, "Sign in first.")),
        Value::Null => Err(ApiError::new("EMPTY", "The server's answer holds no data.")),
        data => Ok(data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, text: &str, code: &str) {
        let error = read(status, text).err();
        assert_eq!(error.map(|error| error.code).as_deref(), Some(code));
    }

    #[test]
    fn data_is_read() {
        let data = read(200, r#"{"data":{"a":1}}"#);
        assert_eq!(data, Ok(serde_json::json!({"a": 1})));
    }

    #[test]
    fn every_failure_has_a_code() {
        check(
            200,
            r#"{"data":null,"errors":[{"message":"no","extensions":{"code":"FORBIDDEN","more":1}}]}"#,
            "FORBIDDEN",
        );
        check(200, r#"{"errors":[{"message":"no"}]}"#, "ERROR");
        check(200, r#"{"data":null}"#, "EMPTY");
        check(200, "<html>", "MALFORMED");
        check(401, "", UNAUTHENTICATED);
        check(503, "", NETWORK);
        check(413, "too large", "HTTP_413");
        check(
            500,
            r#"{"errors":[{"message":"no","extensions":{"code":"INTERNAL"}}]}"#,
            "INTERNAL",
        );
        let wrong: Result<Vec<i64>, _> = decode(serde_json::json!({"a": 1}));
        assert_eq!(
            wrong.err().map(|error| error.code).as_deref(),
            Some("MALFORMED")
        );
    }
}

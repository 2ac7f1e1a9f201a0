//! `/console/page`: the GraphQL console, for whoever is signed in; everybody else is sent to the sign-in. The UI
//! shows it at `/console` within its own frame.
//!
//! The page's files lie under `/assets/console/` and hold no data.

use crate::{
    app::App,
    auth::{Client, viewer_of},
    ui,
};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};

/// What the page may do. It differs from the UI's policy in three things: the editor makes its style sheets in the
/// page, and checks what is typed in workers, which are files of this server; and the UI may show it in a frame. No
/// script is inline or evaluated, and nothing is asked of another origin.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/// The sign-in, which leads to the UI's page with the console in it.
const SIGN_IN: &str = "/login?next=%2Fconsole";

/// Answers with the page.
pub async fn page(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Response {
    match viewer_of(&app.services.access, &headers, client).await {
        Ok(Some(_)) => {}
        Ok(None) => {
            let never = [(header::CACHE_CONTROL, "no-store")];
            return (never, Redirect::to(SIGN_IN)).into_response();
        }
        Err(error) => {
            tracing::error!("console: {error}");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    }
    let Some(mut response) = ui::file("console.html", &headers, "no-cache") else {
        let note = "the console is not part of this build; `make build` makes one with it\n";
        return (StatusCode::NOT_FOUND, note).into_response();
    };
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

//! REST: what the mart holds for people who `curl`, and files in and out. `/api/v1/openapi.json` describes it.
//!
//! A file per noun, as in [`crate::graphql`], whose statements these are: lists go through [`list`], whoever asks
//! through [`caller`], what is wrong with a request comes out as a [`problem`].

#![expect(
    unused_qualifications,
    reason = "utoipa's macros spell out the names of types"
)]

pub mod asked;
pub mod caller;
pub mod company;
pub mod document;
pub mod file;
pub mod finding;
pub mod form;
pub mod fresh;
pub mod genre;
pub mod list;
pub mod movie;
pub mod noun;
pub mod problem;
pub mod query;
pub mod spool;
pub mod table;
pub mod trail;
pub mod upload;
pub mod year;

use crate::app::{App, bounded};
use axum::{
    Router, extract::DefaultBodyLimit, http::StatusCode, middleware, routing::MethodRouter,
};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Where all of it lies.
pub const ROOT: &str = "/api/v1";

/// Every address below [`ROOT`], with the limits of all requests, except for uploads, which have their own.
pub fn routes(app: &App) -> Router<App> {
    let (short, _) = short().split_for_parts();
    let (long, _) = long().split_for_parts();
    short
        .layer(DefaultBodyLimit::max(app.services.limits.body))
        .layer(middleware::from_fn_with_state(app.clone(), bounded))
        .merge(long)
        .fallback(|| async { StatusCode::NOT_FOUND })
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })
        .layer(CatchPanicLayer::new())
        .layer(middleware::map_response(problem::complete))
}

/// The description of all of it, made from the code.
pub fn description() -> OpenApi {
    document::complete(short().merge(long()).into_openapi())
}

/// What is answered while the person waits.
fn short() -> OpenApiRouter<App> {
    with_csv(OpenApiRouter::with_openapi(document::frame()))
        .routes(routes!(finding::rejects_csv))
        .routes(routes!(finding::rejects_parquet))
        .routes(routes!(finding::issues_csv))
        .routes(routes!(finding::issues_parquet))
        .routes(routes!(file::raw))
        .routes(routes!(file::movies))
        .routes(routes!(file::companions))
        .routes(routes!(trail::csv))
        .routes(routes!(trail::json_lines))
        .routes(routes!(document::show))
}

/// What takes as long as the person needs to send it.
fn long() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(upload::put, upload::get, upload::delete))
}

/// What is answered in JSON or CSV, each under its address and under that with `.csv` behind it.
fn with_csv(mut router: OpenApiRouter<App>) -> OpenApiRouter<App> {
    for (schemas, paths, handler) in [
        routes!(company::list),
        routes!(company::one),
        routes!(company::years),
        routes!(company::movies),
        routes!(genre::list),
        routes!(genre::popular),
        routes!(genre::one),
        routes!(genre::years),
        routes!(genre::movies),
        routes!(movie::list),
        routes!(movie::one),
        routes!(year::list),
    ] {
        let csv: Vec<_> = paths
            .paths
            .keys()
            .map(|path| format!("{path}.csv"))
            .collect();
        for path in csv.iter().filter(|path| !path.ends_with("}.csv")) {
            let handler: MethodRouter<App> = handler.clone();
            router = router.route(path, handler);
        }
        router = router.routes((schemas, paths, handler));
    }
    router
}

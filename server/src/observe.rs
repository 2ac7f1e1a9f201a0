//! What an instance tells about itself: its log and its measurements.

use crate::config::Log;
use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use etl::database::reading::Spent;
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use sea_orm::{DatabaseConnection, DbErr};
use std::{
    io::{self, IsTerminal},
    sync::{Mutex, PoisonError},
    time::Instant,
};
use tracing_subscriber::{
    Layer, Registry, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt,
};

/// Sends the log to standard error.
///
/// # Errors
/// When the directives cannot be understood or a log is set up already.
pub fn log(log: &Log) -> anyhow::Result<()> {
    let filter: Targets = log.filter.parse()?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match log.json {
        true => lines.json().with_filter(filter).boxed(),
        false => lines.with_target(false).with_filter(filter).boxed(),
    };
    tracing_subscriber::registry().with(lines).try_init()?;
    Ok(())
}

/// Upper bounds of the histograms of seconds.
const SECONDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// What this process has measured; cheap to clone.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// The process's measurements; begins to measure when first called.
    ///
    /// # Errors
    /// When another recorder was installed before.
    pub fn install() -> anyhow::Result<Self> {
        static HANDLE: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
        let mut installed = HANDLE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = installed.as_ref() {
            return Ok(Self(handle.clone()));
        }
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?;
        let handle = builder.install_recorder()?;
        describe();
        Ok(Self(installed.insert(handle).clone()))
    }

    /// All measurements in Prometheus' text format; what the database knows is asked for now, so that
    /// every instance tells the same of it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn render(&self, db: &DatabaseConnection) -> Result<String, DbErr> {
        const RUNS: &str = "SELECT status, COUNT(*) AS total FROM run GROUP BY status";
        for row in etl::database::query(db, RUNS, []).await? {
            let status: String = row.try_get("", "status")?;
            let total: i64 = row.try_get("", "total")?;
            gauge!("marquee_runs", "status" => status).set(total as f64);
        }
        const STATE: &str = "SELECT
            (SELECT COUNT(*) FROM job WHERE done_at IS NULL) AS jobs,
            (SELECT COUNT(*) FROM movie) AS movies,
            (SELECT version FROM mart_state WHERE id = 1) AS version";
        for row in etl::database::query(db, STATE, []).await? {
            gauge!("marquee_jobs_open").set(row.try_get::<i64>("", "jobs")? as f64);
            gauge!("marquee_movies").set(row.try_get::<i64>("", "movies")? as f64);
            gauge!("marquee_data_version").set(f64::from(row.try_get::<i32>("", "version")?));
        }
        self.0.run_upkeep();
        Ok(self.0.render())
    }
}

fn describe() {
    metrics::describe_gauge!("marquee_runs", "Runs by status.");
    metrics::describe_gauge!("marquee_jobs_open", "Runs that wait or are under way.");
    metrics::describe_gauge!("marquee_movies", "Movies in the mart.");
    metrics::describe_gauge!("marquee_data_version", "The mart's version.");
    metrics::describe_gauge!("marquee_sockets", "Open sockets of subscriptions.");
    metrics::describe_counter!(
        "marquee_http_requests_total",
        "Requests by route and status."
    );
    metrics::describe_counter!(
        "marquee_answers_total",
        "Answers about nothing but the mart: had by the asker (not_modified), kept (hit), made (miss) or \
         being made for another (joined)."
    );
    metrics::describe_counter!(
        "marquee_limit_refusals_total",
        "Requests that asked for more than they may, by limit."
    );
    metrics::describe_counter!(
        "marquee_timeouts_total",
        "Requests that took longer than they may."
    );
    metrics::describe_histogram!("marquee_http_request_seconds", "How long answers took.");
}

/// Marks a response whose costs its asker may know.
#[derive(Clone, Copy, Debug)]
pub struct Costs;

/// Tells what an answer has cost the database, in the header that browsers show beside it.
pub fn tell_costs(response: &mut Response, spent: Spent) {
    let milliseconds = spent.time.as_secs_f64() * 1e3;
    let told = format!(
        "sql;desc=\"{} statements\";dur={milliseconds:.3}",
        spent.statements
    );
    if let Ok(value) = HeaderValue::from_str(&told) {
        let name = HeaderName::from_static("server-timing");
        response.headers_mut().insert(name, value);
    }
}

/// Counts an answer that took longer than it may.
pub fn timed_out() {
    counter!("marquee_timeouts_total").increment(1);
}

/// Measures a request.
pub async fn request(request: Request, next: Next) -> Response {
    // What has no route of its own is the UI's.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.map_or_else(|| "ui".to_owned(), |route| route.as_str().to_owned());
    let start = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    counter!("marquee_http_requests_total", "route" => route.clone(), "status" => status)
        .increment(1);
    histogram!("marquee_http_request_seconds", "route" => route)
        .record(start.elapsed().as_secs_f64());
    response
}

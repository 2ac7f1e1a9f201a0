//! How Marquee itself is: instances, queue, stores.

mod instance;

use cynic::QueryBuilder;
use leptos::prelude::*;

use crate::api::query::use_query;
use crate::api::schema;
use crate::components::allowed::page_for;
use crate::components::copy::copy_graphql;
use crate::components::layout::{heading, section, title};
use crate::components::state::loaded;
use crate::components::time::{since, since_or_unknown};
use crate::components::value::{unknown, whole};
use crate::format::bytes_short;
use instance::{Instance, instances};

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Queue {
    waiting: i64,
    running: i64,
    held: i64,
    oldest_at: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct DatabaseState {
    engine: String,
    version: String,
    migration: String,
    bytes: Option<i64>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct ArchiveState {
    kind: String,
    files: i64,
    bytes: i64,
    deleted: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct System {
    version: String,
    started_at: String,
    instance: String,
    instances: Vec<Instance>,
    queue: Queue,
    database: DatabaseState,
    archive: ArchiveState,
    inbox: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct SystemQuery {
    system: System,
}

/// Milliseconds between refreshes: heartbeats come every few seconds.
const PACE: u32 = 5_000;

/// The page.
#[component]
pub fn SystemPage() -> impl IntoView {
    title(|| "System".into());
    page_for("system.read", content)
}

fn content() -> AnyView {
    let query = use_query(|| SystemQuery::build(()), |_: &SystemQuery| Some(PACE));
    view! {
        {heading(&[], "System", copy_graphql(query))}
        {loaded(query, 14, |data: SystemQuery| shown(data.system))}
        {section("For machines", links())}
    }
    .into_any()
}

fn shown(system: System) -> AnyView {
    let System {
        version,
        started_at,
        instance,
        instances: all,
        queue,
        database,
        archive,
        inbox,
    } = system;
    let alive = all.iter().filter(|instance| instance.alive).count();
    let stuck = queue.waiting > 0 && !all.iter().any(|one| one.alive && one.workers > 0);
    let inbox = match inbox {
        Some(folder) => view! { <code class="hash">{folder}</code> }.into_any(),
        None => "no folder is watched".into_any(),
    };
    view! {
        {stuck.then(|| view! {
            <div class="alert alert-bad" role="alert"><p>"Runs wait, and no living instance has a worker to take them."</p></div>
        })}
        <dl class="tiles">
            {tile("Instances alive", "instances-alive", alive as i64, view! { {"of "}{all.len()}{" heard of within a day"} }.into_any())}
            {tile("Waiting", "queue-waiting", queue.waiting, match queue.oldest_at {
                Some(at) => view! { "the oldest since "{since(at)} }.into_any(),
                None => "nothing waits".into_any(),
            })}
            {tile("Running", "queue-running", queue.running, view! { <a href="/runs?status=active">"active runs"</a> }.into_any())}
            {tile("Held", "queue-held", queue.held, view! { <a href="/runs?status=held">"wait for approval"</a> }.into_any())}
        </dl>
        {section("Instances", instances(&all, &instance))}
        <div class="board">
            {section("Database", view! {
                <dl class="facts two">
                    {fact("Engine", view! { {database.engine}" "{database.version} }.into_any())}
                    {fact("Size", database.bytes.map_or_else(unknown, size))}
                    {fact("Newest migration", view! { <code class="hash">{database.migration}</code> }.into_any())}
                </dl>
            })}
            {section("Archive", view! {
                <dl class="facts two">
                    {fact("Kind", archive.kind.into_any())}
                    {fact("Size", size(archive.bytes))}
                    {fact("Files", whole(archive.files).into_any())}
                    {fact("Deleted files", whole(archive.deleted).into_any())}
                </dl>
            })}
        </div>
        {section("This instance", view! {
            <dl class="facts">
                {fact("Name", instance.into_any())}
                {fact("Version", view! { <span data-testid="system-version">{version}</span> }.into_any())}
                {fact("Started", since_or_unknown(Some(started_at)))}
                {fact("Inbox", inbox)}
            </dl>
        })}
    }
    .into_any()
}

fn size(bytes: i64) -> AnyView {
    let exact = format!("{} bytes", whole(bytes));
    view! { <span class="num" title=exact>{bytes_short(bytes)}</span> }.into_any()
}

fn fact(label: &'static str, value: AnyView) -> AnyView {
    view! { <div><dt>{label}</dt><dd>{value}</dd></div> }.into_any()
}

fn tile(label: &'static str, id: &'static str, value: i64, note: AnyView) -> AnyView {
    view! {
        <div class="tile">
            <dt>{label}</dt>
            <dd class="tile-value" data-testid=id data-value=value>{whole(value)}</dd>
            <dd class="quiet">{note}</dd>
        </div>
    }
    .into_any()
}

/// What other programs read.
fn links() -> AnyView {
    let all = [
        ("/metrics", "Metrics", "for Prometheus, as text"),
        ("/healthz", "Alive", "whether this instance answers at all"),
        (
            "/readyz",
            "Ready",
            "whether its database and archive answer",
        ),
        (
            "/api/v1/openapi.json",
            "OpenAPI",
            "the REST interface, described",
        ),
        ("/console", "GraphQL", "the whole interface, to try out"),
    ];
    let rows = all.map(|(href, name, about)| {
        view! { <li><a href=href rel="external">{name}</a><code class="quiet">{href}</code><span class="quiet">{about}</span></li> }
    });
    view! { <ul class="permissions">{rows.collect_view()}</ul> }.into_any()
}

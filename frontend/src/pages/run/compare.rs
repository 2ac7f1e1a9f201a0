//! Two runs side by side.

use cynic::QueryBuilder;
use leptos::html::Input;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::phases::Phase;
use super::tabs::Reason;
use crate::api::fragment::{RunCounts, RunKind, RunStatus, Trigger};
use crate::api::live::Change;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::components::field::field;
use crate::components::layout::{heading, section, title};
use crate::components::list::ListState;
use crate::components::state::{empty, loaded};
use crate::components::status::chip;
use crate::components::time::{seconds_between, since};
use crate::components::value::{unknown, whole};
use crate::format::{bytes_short, duration, words};

#[derive(cynic::QueryVariables)]
struct PairVariables {
    left: cynic::Id,
    right: cynic::Id,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "SourceFile")]
struct ComparedFile {
    sha256: String,
    bytes: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
struct Compared {
    id: cynic::Id,
    kind: RunKind,
    status: RunStatus,
    trigger: Trigger,
    file_name: String,
    file: Option<ComparedFile>,
    rule_version: i32,
    data_version: Option<i32>,
    created_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    counts: RunCounts,
    phases: Vec<Phase>,
    reject_reasons: Vec<Reason>,
    issue_reasons: Vec<Reason>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "PairVariables")]
struct PairQuery {
    #[arguments(id: $left)]
    #[cynic(rename = "run", alias)]
    left: Option<Compared>,
    #[arguments(id: $right)]
    #[cynic(rename = "run", alias)]
    right: Option<Compared>,
}

/// The page of a comparison; which runs is in the URL.
#[component]
pub fn RunCompare() -> impl IntoView {
    let state = ListState::here();
    let id = move |key| state.get(key).unwrap_or_default();
    title(move || format!("Runs {} and {}", id("left"), id("right")));
    let both = Memo::new(move |_| {
        let known = |key| id(key).parse::<u64>().is_ok();
        known("left") && known("right")
    });
    view! {
        {heading(&[("/runs", "Runs")], "Compare runs", ())}
        {chooser(state)}
        {move || match both.get() {
            true => pair(state),
            false => empty("Choose two runs", "Give the numbers of the runs to compare."),
        }}
    }
}

/// Which runs; what is typed goes into the URL when it is sent.
fn chooser(state: ListState) -> AnyView {
    let navigate = use_navigate();
    let (left, right) = (NodeRef::<Input>::new(), NodeRef::<Input>::new());
    let field = move |key: &'static str, label: &'static str, node: NodeRef<Input>| {
        let input = view! {
            <input class="short" name=key inputmode="numeric" pattern="[0-9]+" required node_ref=node
                prop:value=move || state.get(key).unwrap_or_default()/>
        };
        field(label, "", input.into_any())
    };
    let swap = move || {
        let (left, right) = (state.get("left"), state.get("right"));
        state.link(&[("left", right), ("right", left)])
    };
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let text = |node: NodeRef<Input>| node.get_untracked().map(|input| input.value());
        let link = untrack(|| state.link(&[("left", text(left)), ("right", text(right))]));
        navigate(&link, Default::default());
    };
    view! {
        <form class="filters" on:submit=send>
            {field("left", "Left run", left)}
            {field("right", "Right run", right)}
            <button type="submit" class="button">"Compare"</button>
            <a class="button plain" href=swap>"Swap sides"</a>
        </form>
    }
    .into_any()
}

fn pair(state: ListState) -> AnyView {
    let query = use_live_query(
        move || {
            let id = |key| cynic::Id::new(state.get(key).unwrap_or_default());
            PairQuery::build(PairVariables {
                left: id("left"),
                right: id("right"),
            })
        },
        Change::Runs,
    );
    loaded(query, 16, move |data: PairQuery| {
        match (data.left, data.right) {
            (Some(left), Some(right)) => side_by_side(&left, &right),
            (left, _) => {
                let key = if left.is_none() { "left" } else { "right" };
                let id = untrack(|| state.get(key)).unwrap_or_default();
                let advice = view! { "There is no run "{id}". " <a href="/runs">"All runs"</a> };
                empty("No such run", advice)
            }
        }
    })
}

fn side_by_side(left: &Compared, right: &Compared) -> AnyView {
    let both = [left, right];
    let same_file = both
        .map(|run| run.file.as_ref().map(|file| file.sha256.clone()))
        .windows(2)
        .all(|pair| pair[0].is_some() && pair[0] == pair[1]);
    let facts = vec![
        words_row("Status", both.map(|run| chip(run.status))),
        words_row(
            "What",
            both.map(|run| {
                format!(
                    "{}, by {}",
                    words(&format!("{:?}", run.kind)),
                    run.trigger.name()
                )
                .into_any()
            }),
        ),
        words_row("File", both.map(file)),
        words_row(
            "Same bytes",
            [
                if same_file { "yes" } else { "no" }.into_any(),
                ().into_any(),
            ],
        ),
        words_row(
            "Rules",
            both.map(|run| {
                let link = format!("/rules/{}", run.rule_version);
                view! { <a href=link>{format!("version {}", run.rule_version)}</a> }.into_any()
            }),
        ),
        words_row("Created", both.map(|run| since(run.created_at.clone()))),
        words_row(
            "Data version",
            both.map(|run| {
                run.data_version
                    .map_or_else(unknown, |version| version.into_any())
            }),
        ),
    ];
    let counts = [
        ("Read", both.map(|run| run.counts.read)),
        ("Inserted", both.map(|run| run.counts.inserted)),
        ("Updated", both.map(|run| run.counts.updated)),
        ("Unchanged", both.map(|run| run.counts.unchanged)),
        ("Superseded", both.map(|run| run.counts.superseded)),
        ("Deleted", both.map(|run| run.counts.deleted)),
        ("Rejected", both.map(|run| run.counts.rejected)),
        ("Issues", both.map(|run| run.counts.issues)),
    ]
    .map(|(name, values)| count_row(name.to_owned(), values.map(Some)))
    .collect_view();
    let took = both.map(|run| {
        let start = run.started_at.as_ref()?;
        Some(seconds_between(start, Some(run.finished_at.as_ref()?)))
    });
    let mut times = vec![time_row("All".to_owned(), took)];
    for name in names(both.map(|run| run.phases.iter().map(|phase| phase.name.as_str()).collect()))
    {
        let seconds = both.map(|run| {
            let phase = run.phases.iter().find(|phase| phase.name == name)?;
            phase.seconds
        });
        times.push(time_row(words(&name), seconds));
    }
    view! {
        {section("What they are", compared("What the runs are", head(both), false, facts.into_any()))}
        {section("Rows", compared("Rows", head(both), true, counts.into_any()))}
        {section("Time", compared("Time of each phase", head(both), true, times.into_any()))}
        {reasons("Rejected rows by reason", head(both), both.map(|run| run.reject_reasons.as_slice()))}
        {reasons("Issues by reason", head(both), both.map(|run| run.issue_reasons.as_slice()))}
    }
    .into_any()
}

fn head(both: [&Compared; 2]) -> AnyView {
    both.map(|run| {
        let id = run.id.inner();
        view! { <th scope="col"><a href=format!("/runs/{id}")>{format!("Run {id}")}</a></th> }
    })
    .collect_view()
    .into_any()
}

fn file(run: &Compared) -> AnyView {
    match &run.file {
        Some(file) => view! {
            <a class="file-name" href=format!("/files/{}", file.sha256)>{run.file_name.clone()}</a>
            <span class="quiet small">" "{bytes_short(file.bytes)}</span>
        }
        .into_any(),
        None => run.file_name.clone().into_any(),
    }
}

/// All names that either side has, in the order of the first that has them.
fn names(sides: [Vec<&str>; 2]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in sides.into_iter().flatten() {
        if !all.iter().any(|known| known == name) {
            all.push(name.to_owned());
        }
    }
    all
}

fn reasons(title: &'static str, head: AnyView, sides: [&[Reason]; 2]) -> AnyView {
    let names = names(sides.map(|side| side.iter().map(|reason| reason.code.as_str()).collect()));
    if names.is_empty() {
        return section(title, view! { <p class="quiet">"None in either run."</p> });
    }
    let rows = names
        .into_iter()
        .map(|name| {
            let counts = sides.map(|side| {
                let found = side.iter().find(|reason| reason.code == name);
                Some(found.map_or(0, |reason| reason.count))
            });
            count_row(name, counts)
        })
        .collect_view();
    section(title, compared(title, head, true, rows.into_any()))
}

fn compared(caption: &'static str, head: AnyView, difference: bool, rows: AnyView) -> AnyView {
    let class = if difference {
        "compared numbers"
    } else {
        "compared"
    };
    let last = difference.then(|| view! { <th scope="col">"Difference"</th> });
    view! {
        <div class="table" role="region" tabindex="0" aria-label=caption>
            <table class=class>
                <caption class="sr">{caption}</caption>
                <thead><tr><th scope="col"><span class="sr">"What"</span></th>{head}{last}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn words_row(name: &'static str, values: [AnyView; 2]) -> AnyView {
    let cells = values
        .map(|value| view! { <td>{value}</td> })
        .collect_view();
    view! { <tr><th scope="row">{name}</th>{cells}</tr> }.into_any()
}

fn count_row(name: String, values: [Option<i64>; 2]) -> AnyView {
    let numbers = values.map(|value| value.map(|value| value as f64));
    number_row(name, numbers, |value| whole(value as i64))
}

fn time_row(name: String, values: [Option<f64>; 2]) -> AnyView {
    number_row(name, values, duration)
}

/// Two numbers and what the right one is more or less than the left.
fn number_row(name: String, values: [Option<f64>; 2], text: fn(f64) -> String) -> AnyView {
    let cells = values
        .map(|value| {
            view! { <td data-value=value>{value.map_or_else(unknown, |value| text(value).into_any())}</td> }
        })
        .collect_view();
    let difference = values[0]
        .zip(values[1])
        .map(|(left, right)| match right - left {
            // What looks the same is no difference to the reader.
            _ if text(left) == text(right) => view! { <span class="quiet">"="</span> }.into_any(),
            more if more > 0.0 => format!("+{}", text(more)).into_any(),
            less => format!("−{}", text(-less)).into_any(),
        });
    let mark = name.clone();
    view! { <tr data-row=mark><th scope="row">{name}</th>{cells}<td>{difference}</td></tr> }
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn names_of_both_sides_come_once() {
        let sides = [vec!["a", "b"], vec!["b", "c"]];
        assert_eq!(names(sides), ["a", "b", "c"]);
    }
}

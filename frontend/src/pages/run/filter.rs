//! Which runs a list shows: what the URL says, as the server's filter.

use crate::api::fragment::{RunStatus, StringFilter, Trigger};
use crate::api::schema;
use crate::components::list::ListState;
use crate::components::period::{DateTimeFilter, utc_day, within};

/// Which of some runs.
#[derive(cynic::InputObject, Clone, Debug, Default)]
#[cynic(graphql_type = "IdFilter")]
pub struct IdsFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub eq: Option<cynic::Id>,
    #[cynic(rename = "in", skip_serializing_if = "Option::is_none")]
    pub among: Option<Vec<cynic::Id>>,
}

#[derive(cynic::InputObject, Clone, Debug)]
pub struct RunStatusFilter {
    #[cynic(rename = "in")]
    pub among: Option<Vec<RunStatus>>,
}

/// What a run does, as it is asked for.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[cynic(graphql_type = "RunKind")]
pub enum Kind {
    Ingest,
    Reprocess,
    Undo,
}

#[derive(cynic::InputObject, Clone, Debug)]
pub struct RunKindFilter {
    pub eq: Option<Kind>,
}

#[derive(cynic::InputObject, Clone, Debug)]
pub struct TriggerFilter {
    pub eq: Option<Trigger>,
}

#[derive(cynic::InputObject, Clone, Debug)]
#[cynic(graphql_type = "IntFilter")]
pub struct VersionFilter {
    pub eq: Option<i32>,
}

#[derive(cynic::InputObject, Clone, Debug)]
pub struct FileFilter {
    pub sha256: Option<StringFilter>,
}

/// Which runs.
#[derive(cynic::InputObject, Clone, Debug, Default)]
pub struct RunFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub id: Option<IdsFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub status: Option<RunStatusFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub kind: Option<RunKindFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<TriggerFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub rule_version: Option<VersionFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<DateTimeFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTimeFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub and: Option<Vec<RunFilter>>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub or: Option<Vec<RunFilter>>,
}

/// A part of the list: the key in the URL, its words, the statuses behind it.
type View = (&'static str, &'static str, fn(RunStatus) -> bool);

/// What the reader may narrow the list to by status.
pub const VIEWS: [View; 9] = [
    ("", "All", |_| true),
    ("active", "Active", RunStatus::active),
    ("held", "Held", |status| status == RunStatus::Held),
    ("failed", "Failed", |status| status == RunStatus::Failed),
    ("succeeded", "Succeeded", |status| {
        status == RunStatus::Succeeded
    }),
    ("undone", "Undone", |status| status == RunStatus::Undone),
    ("cancelled", "Cancelled", |status| {
        status == RunStatus::Cancelled
    }),
    ("discarded", "Discarded", |status| {
        status == RunStatus::Discarded
    }),
    ("duplicate", "Duplicates", |status| {
        status == RunStatus::Duplicate
    }),
];

fn statuses(key: &str) -> Option<Vec<RunStatus>> {
    let (_, _, wanted) = VIEWS
        .into_iter()
        .skip(1)
        .find(|(name, _, _)| *name == key)?;
    Some(
        RunStatus::ALL
            .into_iter()
            .filter(|status| wanted(*status))
            .collect(),
    )
}

/// What the URL says beside the status.
pub const KEYS: [&str; 10] = [
    "q", "kind", "trigger", "file", "rules", "by", "since", "from", "to", STARTED,
];

/// The day (UTC) on which a run started, as the bars of the dashboard count it.
pub const STARTED: &str = "started";

/// The filter that the URL asks for, by status or for all of them; none where it asks for none. Reactive.
pub fn asked(state: ListState, by_status: bool) -> Option<RunFilter> {
    let containing = |key| state.get(key).map(StringFilter::containing);
    let filter = RunFilter {
        status: state
            .get("status")
            .filter(|_| by_status)
            .and_then(|key| statuses(&key))
            .map(|among| RunStatusFilter { among: Some(among) }),
        kind: state.get("kind").and_then(|key| {
            let eq = match key.as_str() {
                "ingest" => Kind::Ingest,
                "reprocess" => Kind::Reprocess,
                "undo" => Kind::Undo,
                _ => return None,
            };
            Some(RunKindFilter { eq: Some(eq) })
        }),
        trigger: state.get("trigger").and_then(|key| {
            let eq = match key.as_str() {
                "inbox" => Trigger::Inbox,
                "command" => Trigger::Command,
                "api" => Trigger::Api,
                _ => return None,
            };
            Some(TriggerFilter { eq: Some(eq) })
        }),
        file_name: containing("file"),
        rule_version: state
            .get("rules")
            .and_then(|key| key.parse().ok())
            .map(|version| VersionFilter { eq: Some(version) }),
        requested_by: containing("by"),
        created_at: within(state),
        and: state
            .get(STARTED)
            .and_then(|day| Some(vec![started(utc_day(&day)?)])),
        or: state.get("q").map(|text| found(text.trim())),
        ..RunFilter::default()
    };
    let narrow = KEYS.iter().any(|key| state.get(key).is_some());
    (narrow || filter.status.is_some()).then_some(filter)
}

/// The runs that started within these instants, and those queued then that have not started.
fn started(within: DateTimeFilter) -> RunFilter {
    let not_yet = DateTimeFilter {
        is_null: Some(true),
        ..DateTimeFilter::default()
    };
    let started = RunFilter {
        started_at: Some(within.clone()),
        ..RunFilter::default()
    };
    let queued = RunFilter {
        started_at: Some(not_yet),
        created_at: Some(within),
        ..RunFilter::default()
    };
    RunFilter {
        or: Some(vec![started, queued]),
        ..RunFilter::default()
    }
}

/// A run's number, a part of its file's name or the beginning of its file's hash.
fn found(text: &str) -> Vec<RunFilter> {
    let mut ways = vec![RunFilter {
        file_name: Some(StringFilter::containing(text.to_owned())),
        ..RunFilter::default()
    }];
    let number = text.trim_start_matches('#');
    if number.parse::<u32>().is_ok() {
        let eq = Some(cynic::Id::new(number));
        ways.push(RunFilter {
            id: Some(IdsFilter { eq, among: None }),
            ..RunFilter::default()
        });
    }
    if text.len() >= 4 && text.chars().all(|letter| letter.is_ascii_hexdigit()) {
        let sha256 = StringFilter::beginning(text.to_ascii_lowercase());
        ways.push(RunFilter {
            file: Some(FileFilter {
                sha256: Some(sha256),
            }),
            ..RunFilter::default()
        });
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_looked_for_where_it_may_stand() {
        let kinds = |text| {
            let ways = found(text);
            (
                ways.iter().any(|way| way.id.is_some()),
                ways.iter().any(|way| way.file.is_some()),
                ways.iter().any(|way| way.file_name.is_some()),
            )
        };
        assert_eq!(kinds("12"), (true, false, true));
        assert_eq!(kinds("#12"), (true, false, true));
        assert_eq!(kinds("2026"), (true, true, true));
        assert_eq!(kinds("beef"), (false, true, true));
        assert_eq!(kinds("movies.csv"), (false, false, true));
    }

    #[test]
    fn every_status_is_in_exactly_one_view_besides_all() {
        for status in RunStatus::ALL {
            let views = VIEWS.iter().filter(|(_, _, of)| of(status)).count();
            assert_eq!(views, 2, "{status:?}");
        }
    }
}

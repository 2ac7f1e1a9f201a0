//! What people did, and what they tried and were not let.

pub mod detail;
mod diff;
mod filter;
pub mod list;

use leptos::prelude::*;

use crate::api::schema;

/// What became of something that was tried.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditOutcome {
    Done,
    Refused,
    Failed,
}

impl AuditOutcome {
    const ALL: [Self; 3] = [Self::Done, Self::Refused, Self::Failed];

    /// The word in the URL and on the screen.
    fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    /// The word with its colour.
    fn chip(self) -> AnyView {
        let tone = match self {
            Self::Done => "good",
            Self::Refused => "bad",
            Self::Failed => "warn",
        };
        view! { <span class=format!("chip {tone}")>{self.name()}</span> }.into_any()
    }
}

/// What something was done to, as a link where it has a page.
fn subject(text: &str) -> AnyView {
    let link = match text.split_once(' ') {
        Some(("run", id)) => Some(format!("/runs/{id}")),
        Some(("user", name)) => Some(format!("/users/{name}")),
        Some(("role", _)) => Some("/users?tab=roles".to_owned()),
        Some(("token", _)) => Some("/tokens".to_owned()),
        Some(("backfill", id)) => Some(format!("/backfills/{id}")),
        Some(("rules", version)) => Some(format!("/rules/{version}")),
        Some(("file", hash)) if hash.len() == 64 => Some(format!("/files/{hash}")),
        _ => None,
    };
    let shown = text.to_owned();
    match link {
        Some(href) => {
            view! { <a class="subject" href=href title=shown.clone()>{shown.clone()}</a> }
                .into_any()
        }
        None => {
            view! { <span class="subject" title=shown.clone()>{shown.clone()}</span> }.into_any()
        }
    }
}

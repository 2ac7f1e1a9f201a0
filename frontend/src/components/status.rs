//! How runs stand: chips and progress.

use leptos::prelude::*;

use crate::api::fragment::RunStatus;
use crate::format::{percent, words};

/// The status colour's class. The text always names the status as well.
pub fn tone(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Succeeded => "good",
        RunStatus::Failed => "bad",
        RunStatus::Held | RunStatus::Cancelled | RunStatus::Undone => "warn",
        RunStatus::Discarded | RunStatus::Duplicate => "still",
        _ => "live",
    }
}

/// A run's status as text and colour.
pub fn chip(status: RunStatus) -> AnyView {
    view! { <span class=format!("chip {}", tone(status))>{status.name()}</span> }.into_any()
}

/// Share of a run's work that is done, 0 to 1, never going back as the run goes on. Reading the file
/// is most of it and is measured by its bytes; the other phases count as steps.
pub fn overall(status: RunStatus, read: Option<f64>) -> f64 {
    match status {
        RunStatus::Queued => 0.0,
        RunStatus::Archiving => 0.02,
        RunStatus::Reading => 0.05 + 0.7 * read.unwrap_or(0.0).clamp(0.0, 1.0),
        RunStatus::Staging => 0.77,
        RunStatus::Comparing => 0.82,
        RunStatus::Held => 0.85,
        RunStatus::Merging => 0.88,
        RunStatus::Aggregating => 0.95,
        _ => 1.0,
    }
}

/// A run's progress as a bar with words.
pub fn progress(status: RunStatus, read: Option<f64>) -> AnyView {
    let done = overall(status, read);
    let label = match (status, read) {
        (RunStatus::Reading, Some(read)) => format!("Reading, {} of the file", percent(read)),
        _ => words(&status.name()),
    };
    let text = label.clone();
    // Of a run that has ended, the bar's colour says how, and its words change no more.
    let (fill, words) = match status.active() {
        true => ("progress-fill".to_owned(), "progress-label going"),
        false => (format!("progress-fill {}", tone(status)), "progress-label"),
    };
    view! {
        <div class="progress" data-testid="run-progress" role="progressbar" aria-label="Progress of the run"
            aria-valuemin="0" aria-valuemax="100" aria-valuenow=format!("{:.0}", done * 100.0)
            aria-valuetext=label>
            <div class="progress-track"><div class=fill style:width=format!("{:.1}%", done * 100.0)></div></div>
            <span class=words>{text}</span>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_never_goes_back() {
        let mut steps = vec![
            overall(RunStatus::Queued, None),
            overall(RunStatus::Archiving, None),
        ];
        steps.extend([0.0, 0.5, 1.0].map(|read| overall(RunStatus::Reading, Some(read))));
        steps.extend(
            [
                RunStatus::Staging,
                RunStatus::Comparing,
                RunStatus::Merging,
                RunStatus::Aggregating,
                RunStatus::Succeeded,
            ]
            .map(|status| overall(status, Some(1.0))),
        );
        assert!(steps.is_sorted(), "{steps:?}");
        assert_eq!(steps.last(), Some(&1.0));
    }
}

//! Whether everything is well, in a sentence. Plain values in, plain values out.

use crate::api::fragment::RunStatus;

/// A run, as far as it matters to whether everything is well.
#[derive(Clone, Debug, PartialEq)]
pub struct Known<'a> {
    pub id: &'a str,
    pub file: &'a str,
    pub status: RunStatus,
}

/// What the sentence is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Files whose last run failed.
    pub failed: usize,
    /// Runs that wait for approval.
    pub held: i64,
    /// Runs that wait for a worker or are under way.
    pub active: i64,
    /// Whether a merge has made a data version yet.
    pub loaded: bool,
    /// Whether runs wait and no instance lives to take them, as far as the reader may know.
    pub stuck: bool,
}

/// The sentence, with its colour and its sign.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// A status colour's class.
    pub tone: &'static str,
    /// What stands for the colour where there is none.
    pub sign: &'static str,
    pub sentence: String,
}

/// The runs that failed and that no later run of the same file has made good; runs come newest first.
pub fn unresolved<'a>(runs: impl IntoIterator<Item = Known<'a>>) -> Vec<&'a str> {
    let mut seen: Vec<&str> = Vec::new();
    let mut failed = Vec::new();
    for run in runs {
        // A cancelled run says nothing of its file.
        if run.status == RunStatus::Cancelled || seen.contains(&run.file) {
            continue;
        }
        seen.push(run.file);
        if run.status == RunStatus::Failed {
            failed.push(run.id);
        }
    }
    failed
}

/// The sentence for some facts: the worst comes first and gives the colour.
pub fn verdict(facts: &Facts) -> Verdict {
    let mut parts = Vec::new();
    if facts.stuck {
        parts.push("no worker is alive to take the runs that wait".to_owned());
    }
    match facts.failed {
        0 => {}
        1 => parts.push("one file could not be loaded".to_owned()),
        many => parts.push(format!("{many} files could not be loaded")),
    }
    match facts.held {
        0 => {}
        1 => parts.push("one run waits for approval".to_owned()),
        many => parts.push(format!("{many} runs wait for approval")),
    }
    let (tone, sign) = match facts {
        facts if facts.stuck || facts.failed > 0 => ("bad", "✕"),
        facts if facts.held > 0 => ("warn", "!"),
        facts if facts.active > 0 => ("live", "↻"),
        facts if !facts.loaded => ("still", "○"),
        _ => ("good", "✓"),
    };
    let under_way = match facts.active {
        0 => String::new(),
        1 => "one run is under way".to_owned(),
        many => format!("{many} runs are under way"),
    };
    let sentence = match (parts.is_empty(), under_way.is_empty()) {
        (false, true) => joined(&parts),
        (false, false) => format!("{}; {under_way}", joined(&parts)),
        (true, false) if facts.loaded => format!("All is well; {under_way}"),
        (true, false) => under_way,
        (true, true) if facts.loaded => "All is well: no load has failed, nothing waits".to_owned(),
        (true, true) => "Nothing has been loaded yet".to_owned(),
    };
    Verdict {
        tone,
        sign,
        sentence: capital(&sentence) + ".",
    }
}

fn joined(parts: &[String]) -> String {
    match parts {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        _ => parts.concat(),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(facts: Facts, tone: &str, sentence: &str) {
        let verdict = verdict(&facts);
        assert_eq!(
            (verdict.tone, verdict.sentence.as_str()),
            (tone, sentence),
            "{facts:?}"
        );
    }

    #[test]
    fn the_worst_gives_the_colour() {
        let loaded = Facts {
            loaded: true,
            ..Facts::default()
        };
        check(Facts::default(), "still", "Nothing has been loaded yet.");
        check(
            loaded.clone(),
            "good",
            "All is well: no load has failed, nothing waits.",
        );
        check(
            Facts {
                active: 1,
                ..loaded.clone()
            },
            "live",
            "All is well; one run is under way.",
        );
        check(
            Facts {
                active: 2,
                ..Facts::default()
            },
            "live",
            "2 runs are under way.",
        );
        check(
            Facts {
                held: 1,
                ..loaded.clone()
            },
            "warn",
            "One run waits for approval.",
        );
        check(
            Facts {
                held: 2,
                failed: 1,
                active: 1,
                ..loaded.clone()
            },
            "bad",
            "One file could not be loaded and 2 runs wait for approval; one run is under way.",
        );
        check(
            Facts {
                held: 1,
                failed: 3,
                stuck: true,
                ..loaded
            },
            "bad",
            "No worker is alive to take the runs that wait, 3 files could not be loaded and one run waits for approval.",
        );
    }

    #[test]
    fn a_later_run_of_the_file_makes_a_failure_good() {
        let run = |id, file, status| Known { id, file, status };
        let runs = [
            run("7", "b.csv", RunStatus::Cancelled),
            run("6", "a.csv", RunStatus::Succeeded),
            run("5", "b.csv", RunStatus::Failed),
            run("4", "a.csv", RunStatus::Failed),
            run("3", "c.csv", RunStatus::Held),
            run("2", "b.csv", RunStatus::Failed),
            run("1", "c.csv", RunStatus::Failed),
        ];
        assert_eq!(unresolved(runs), ["5"]);
    }
}

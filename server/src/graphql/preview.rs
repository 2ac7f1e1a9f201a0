//! What a draft of rules would do.

use super::{
    change::Change,
    error::Failure,
    mover::{self, Mover, MoverMeasure, MoverNoun},
    scalar::Long,
    services,
};
use crate::auth::Permission;
use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use etl::{
    fault::Problem,
    rules::{definition, store},
    scratch::preview::{self, Which},
};
use sea_orm::DbErr;
use std::time::Duration;

/// How much of what an answer may take a draft is tried for.
const SHARE: f64 = 0.8;
/// How long a draft is tried at most.
const LONGEST: Duration = Duration::from_secs(25);

/// Something that is wrong with a draft.
#[derive(Clone, Debug, SimpleObject)]
pub struct RuleFault {
    /// 1-based.
    line: i32,
    /// 1-based, in characters.
    column: i32,
    message: String,
}

impl From<Problem> for RuleFault {
    fn from(problem: Problem) -> Self {
        let number = |number| i32::try_from(number).unwrap_or(i32::MAX);
        Self {
            line: number(problem.line),
            column: number(problem.column),
            message: problem.message,
        }
    }
}

/// A file that a draft was tried on.
#[derive(Clone, Debug, SimpleObject)]
pub struct TriedFile {
    sha256: String,
    name: String,
    /// Why the draft's guards would hold it before merging, if they would.
    held_because: Option<String>,
}

/// How many records of the tried files are rejected for a reason.
#[derive(Clone, Debug, SimpleObject)]
pub struct RejectDifference {
    code: String,
    /// Under the rules that the files were read under last.
    before: Long,
    /// Under the draft.
    after: Long,
}

/// Movies that a draft makes others of.
pub struct PreviewedRows(preview::Rows);

/// Movies that a draft makes others of.
#[Object]
impl PreviewedRows {
    /// All of them.
    async fn count(&self) -> Long {
        Long(i64::try_from(self.0.count).unwrap_or(i64::MAX))
    }

    /// The first, by id; of each what becomes of its fields.
    #[graphql(complexity = "mover::cost(first, child_complexity)")]
    async fn rows(&self, #[graphql(default = 10)] first: i32) -> Result<Vec<Change>> {
        let rows = self.0.first.iter().take(mover::first(first)?);
        let rows: Result<Vec<_>, DbErr> = rows.map(|row| Change::try_from(row.clone())).collect();
        Ok(rows?)
    }
}

/// What a draft of rules would do, were it published and the tried files read again. The mart is as it was.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct RulePreview {
    /// What is wrong with the draft; where something is, it was not tried.
    faults: Vec<RuleFault>,
    /// What it was tried on, oldest first.
    files: Vec<TriedFile>,
    /// Movies that are none without the draft.
    gained: PreviewedRows,
    /// Movies that are none under the draft.
    lost: PreviewedRows,
    changed: PreviewedRows,
    /// By code.
    rejects: Vec<RejectDifference>,
    #[graphql(skip)]
    preview: Option<preview::Preview>,
}

#[ComplexObject]
impl RulePreview {
    /// The years of companies or genres whose figure would change most.
    #[graphql(complexity = "mover::cost(first, child_complexity)")]
    async fn movers(
        &self,
        of: MoverNoun,
        #[graphql(default_with = "MoverMeasure::Revenue")] measure: MoverMeasure,
        #[graphql(default = 10)] first: i32,
    ) -> Result<Vec<Mover>> {
        let first = mover::first(first)?;
        let moved = self.preview.iter();
        let moved = moved.flat_map(|preview| preview.moved(of.into(), measure.into()));
        Ok(moved.take(first).cloned().map(Mover::from).collect())
    }
}

impl RulePreview {
    fn faulty(problems: Vec<Problem>) -> Self {
        let none = || PreviewedRows(preview::Rows::default());
        Self {
            faults: problems.into_iter().map(RuleFault::from).collect(),
            files: Vec::new(),
            gained: none(),
            lost: none(),
            changed: none(),
            rejects: Vec::new(),
            preview: None,
        }
    }
}

impl From<preview::Preview> for RulePreview {
    fn from(found: preview::Preview) -> Self {
        let file = |file: &preview::Tried| TriedFile {
            sha256: file.sha256.clone(),
            name: file.name.clone(),
            held_because: file.held_because.clone(),
        };
        let reject = |reject: &preview::Rejects| RejectDifference {
            code: reject.code.clone(),
            before: Long(reject.before),
            after: Long(reject.after),
        };
        Self {
            faults: Vec::new(),
            files: found.files.iter().map(file).collect(),
            gained: PreviewedRows(found.gained.clone()),
            lost: PreviewedRows(found.lost.clone()),
            changed: PreviewedRows(found.changed.clone()),
            rejects: found.rejects.iter().map(reject).collect(),
            preview: Some(found),
        }
    }
}

/// Mutations that change nothing but take long.
#[derive(Default)]
pub struct PreviewMutation;

#[Object]
impl PreviewMutation {
    /// Tries a draft of rules on archived files of which a run is merged, without touching the mart: on all of
    /// them, on `files` (by SHA-256), or on the newest `sample`. For all it tells what publishing it and reading
    /// everything again would change; for some, what it would change in a mart made of just these files.
    /// One draft at a time is tried; it ends with the request that asked for it, after 25 seconds at the latest.
    #[graphql(
        guard = "Permission::RuleWrite",
        complexity = "1000 + child_complexity"
    )]
    async fn preview_rules(
        &self,
        ctx: &Context<'_>,
        body: String,
        files: Option<Vec<String>>,
        sample: Option<i32>,
    ) -> Result<RulePreview> {
        let services = services(ctx);
        let which = match (files, sample) {
            (None, None) => Which::All,
            (Some(files), None) if !files.is_empty() => Which::Chosen(files),
            (None, Some(sample)) if sample > 0 => Which::Newest(sample.unsigned_abs().into()),
            (Some(_), None) => return Err(Failure::Input("files is empty".to_owned()).into()),
            (None, Some(_)) => {
                return Err(Failure::Input("sample must be at least 1".to_owned()).into());
            }
            _ => return Err(Failure::Input("give files or sample, not both".to_owned()).into()),
        };
        let version = store::newest(&services.db).await? + 1;
        let draft = match definition::parse(&body, version) {
            Ok(draft) => draft,
            Err(problems) => return Ok(RulePreview::faulty(problems)),
        };
        let _alone = services.previews.try_acquire().map_err(|_| {
            Failure::Busy(
                "rules are being tried on this instance; try again when that is done".to_owned(),
            )
        })?;
        let chain = services.chain();
        let most = mover::MOST.unsigned_abs() as usize;
        let preview = preview::preview(&chain, draft, &which, most);
        let longest = services.limits.timeout.mul_f64(SHARE).min(LONGEST);
        match tokio::time::timeout(longest, preview).await {
            Ok(found) => Ok(found?.into()),
            Err(_) => Err(Failure::Input(format!(
                "trying the rules takes longer than {} seconds here: give files or a sample, or let \
                 `marquee rules preview` take the time it needs",
                longest.as_secs()
            ))
            .into()),
        }
    }
}

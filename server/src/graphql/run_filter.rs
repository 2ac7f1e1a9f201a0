//! Which runs to list, and in which order.

use super::{
    backfill::BackfillFilter,
    file::FileFilter,
    filter::{
        filter,
        relation::Link,
        value::{Among, DateTimeFilter, IdFilter, IntFilter, LongFilter, StringFilter, stored},
    },
    order::order,
    run::{RunKind, RunMode, RunStatus, Trigger},
};
use entity::ingest::{self, backfill, backfill_run, run, source_file};
use sea_orm::ActiveEnum;

stored! {
    RunKind: |kind| ingest::RunKind::from(*kind).to_value(),
    RunMode: |mode| ingest::RunMode::from(*mode).to_value(),
    RunStatus: |status| ingest::RunStatus::from(*status).to_value(),
    Trigger: |trigger| ingest::Trigger::from(*trigger).to_value(),
}

filter! {
    /// Which runs.
    RunFilter of run {
        id: IdFilter = Id,
        kind: Among<RunKind> = Kind,
        status: Among<RunStatus> = Status,
        trigger: Among<Trigger> = TriggeredBy,
        /// Who asked for it.
        requested_by: StringFilter = RequestedBy,
        /// The name under which the file arrived.
        file_name: StringFilter = FileName,
        mode: Among<RunMode> = Mode,
        /// Why it waits for approval.
        held_because: StringFilter = HeldBecause,
        rule_version: IntFilter = RuleVersion,
        /// The data version its merge made.
        data_version: IntFilter = DataVersion,
        created_at: DateTimeFilter = CreatedAt,
        started_at: DateTimeFilter = StartedAt,
        finished_at: DateTimeFilter = FinishedAt,
        rows_read: LongFilter = RowsRead,
        rows_inserted: LongFilter = RowsInserted,
        rows_updated: LongFilter = RowsUpdated,
        rows_unchanged: LongFilter = RowsUnchanged,
        rows_superseded: LongFilter = RowsSuperseded,
        rows_deleted: LongFilter = RowsDeleted,
        rows_rejected: LongFilter = RowsRejected,
        issue_count: LongFilter = IssueCount,
        /// Why it failed.
        error: StringFilter = Error,
        /// The run that first loaded the same bytes.
        duplicate_of: IdFilter = DuplicateOf,
        /// The run whose merge it takes back.
        undoes: IdFilter = Undoes,
        file: Box<FileFilter> = Link::to(SourceFileId, source_file::Column::Id),
        /// The backfill that it is part of.
        backfill: Box<BackfillFilter> = to_backfill(),
    }
}

fn to_backfill() -> Link {
    use backfill_run::Column::{BackfillId, RunId};
    Link::through(run::Column::Id, (RunId, BackfillId), backfill::Column::Id)
}

order! {
    /// What runs can be ordered by.
    RunOrderField RunOrder of run {
        Id = Id,
        Kind = Kind,
        Status = Status,
        FileName = FileName,
        RuleVersion = RuleVersion,
        DataVersion = DataVersion,
        CreatedAt = CreatedAt,
        StartedAt = StartedAt,
        FinishedAt = FinishedAt,
        RowsRead = RowsRead,
        RowsInserted = RowsInserted,
        RowsUpdated = RowsUpdated,
        RowsDeleted = RowsDeleted,
        RowsRejected = RowsRejected,
        IssueCount = IssueCount,
    }
}

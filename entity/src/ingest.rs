//! Files, runs and what they recorded, the job queue and the ledger of merges.

use sea_orm::entity::prelude::*;

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum RunKind {
    /// Loads a file that arrived.
    Ingest,
    /// Reads an archived file again.
    Reprocess,
    /// Takes back what another run merged.
    Undo,
}

/// What a run does with the differences it has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(8))",
    rename_all = "snake_case"
)]
pub enum RunMode {
    /// Merges them.
    Merge,
    /// Holds them until somebody approves or discards them.
    Hold,
}

/// Where a run stands; from `Succeeded` on it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum RunStatus {
    Queued,
    Archiving,
    Reading,
    Staging,
    Comparing,
    Held,
    Merging,
    Aggregating,
    Succeeded,
    Failed,
    Cancelled,
    Discarded,
    Undone,
    Duplicate,
}

impl RunStatus {
    /// Whether the run has come to its end.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Succeeded
                | Self::Failed
                | Self::Cancelled
                | Self::Discarded
                | Self::Undone
                | Self::Duplicate
        )
    }
}

/// What started a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum Trigger {
    Inbox,
    Command,
    Api,
}

/// How much an event of a run matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum EventLevel {
    Info,
    Warn,
    Error,
}

/// How much a reject or an issue matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(8))",
    rename_all = "snake_case"
)]
pub enum Severity {
    /// Good to know; there is nothing to do.
    Info,
    /// A value was changed or left out, or is doubtful.
    Warning,
    /// Somebody should see to it, as where a record is no movie.
    Error,
}

impl Severity {
    /// As it is written in rule sets, tables and exports.
    pub fn name(self) -> String {
        self.to_value()
    }

    /// The one of this name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::try_from_value(&name.to_owned()).ok()
    }
}

/// Where the archive keeps a file's raw bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum FileArea {
    Raw,
    Cold,
}

/// What an archived object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum ArchiveKind {
    Raw,
    Transformed,
    Companions,
    Rejects,
}

/// A file by its content.
pub mod source_file {
    use super::FileArea;
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "source_file")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(unique)]
        pub sha256: String,
        /// The name it first arrived under.
        pub name: String,
        pub bytes: i64,
        /// The format it was recognised as.
        pub source: Option<String>,
        /// Where the raw bytes lie, or lay until they were deleted.
        pub archive_path: String,
        pub arrived_at: DateTimeUtc,
        pub area: FileArea,
        /// Since when it must not be deleted.
        pub held_at: Option<DateTimeUtc>,
        pub held_by: Option<String>,
        pub hold_reason: Option<String>,
        /// When the raw bytes, and what runs wrote of them, were deleted.
        pub deleted_at: Option<DateTimeUtc>,
        pub deleted_by: Option<String>,
        pub delete_reason: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// One pass of the chain over one file.
pub mod run {
    use super::{RunKind, RunMode, RunStatus, Trigger};
    use sea_orm::{ActiveValue::Set, entity::prelude::*};

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "run")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub kind: RunKind,
        pub status: RunStatus,
        pub triggered_by: Trigger,
        /// As whom it is written down who has asked for it; null where nobody has.
        pub requested_by: Option<String>,
        pub file_name: String,
        /// Null until the file is archived.
        pub source_file_id: Option<i64>,
        pub mode: RunMode,
        pub rule_version: i32,
        pub duplicate_of: Option<i64>,
        /// The run whose merge an undo takes back.
        pub undoes: Option<i64>,
        /// Why it waits for approval.
        pub held_because: Option<String>,
        pub approved_at: Option<DateTimeUtc>,
        /// The data version its merge made.
        pub data_version: Option<i32>,
        pub bytes_total: Option<i64>,
        pub bytes_read: i64,
        pub rows_read: i64,
        pub rows_inserted: i64,
        pub rows_updated: i64,
        pub rows_unchanged: i64,
        pub rows_superseded: i64,
        /// Movies that the merge took out of the mart; these are not among the rows read.
        pub rows_deleted: i64,
        pub rows_rejected: i64,
        pub issue_count: i64,
        pub error: Option<String>,
        pub created_at: DateTimeUtc,
        pub started_at: Option<DateTimeUtc>,
        pub finished_at: Option<DateTimeUtc>,
        /// When it, its phases or its log changed last. Saving an active model sets it; statements that are
        /// written out set it themselves.
        pub changed_at: DateTimeUtc,
    }

    #[async_trait::async_trait]
    impl ActiveModelBehavior for ActiveModel {
        async fn before_save<C: ConnectionTrait>(mut self, _: &C, _: bool) -> Result<Self, DbErr> {
            self.changed_at = Set(chrono::Utc::now());
            Ok(self)
        }
    }
}

/// The one row every merge locks first.
pub mod mart_state {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "mart_state")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        pub version: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The ledger: which run made which version of the mart.
pub mod data_version {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "data_version")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i32,
        pub run_id: i64,
        pub merged_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A run that waits for, or is held by, a worker.
pub mod job {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "job")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub run_id: i64,
        /// Where the file lies; null when it is archived already.
        pub path: Option<String>,
        /// Higher goes first.
        pub priority: i32,
        pub attempts: i32,
        /// Counts every taking; a merge checks it.
        pub fence: i64,
        pub lease_owner: Option<String>,
        pub lease_until: Option<DateTimeUtc>,
        pub done_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A process that serves, as it has told of itself.
pub mod instance {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "instance")]
    pub struct Model {
        /// By which leases name it.
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub version: String,
        pub started_at: DateTimeUtc,
        /// When it last told that it lives.
        pub seen_at: DateTimeUtc,
        /// How many runs it works on at a time; 0 where it only answers.
        pub workers: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A file already taken from the inbox, by path, size and time.
pub mod arrival {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "arrival")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub fingerprint: String,
        pub path: String,
        pub run_id: i64,
        pub seen_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A phase of a run.
pub mod run_phase {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "run_phase")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub run_id: i64,
        pub name: String,
        pub started_at: DateTimeUtc,
        pub finished_at: Option<DateTimeUtc>,
        pub row_count: Option<i64>,
        pub byte_count: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A line of a run's log.
pub mod run_event {
    use super::EventLevel;
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "run_event")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub run_id: i64,
        pub at: DateTimeUtc,
        pub level: EventLevel,
        pub message: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A record that is not a movie.
pub mod reject {
    use super::Severity;
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reject")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub run_id: i64,
        pub line: i64,
        pub byte_offset: i64,
        pub byte_length: i64,
        pub code: String,
        pub severity: Severity,
        pub rule: String,
        pub column_name: Option<String>,
        pub value: Option<String>,
        pub message: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A usable row's field that was corrected, cleared or is doubtful.
pub mod issue {
    use super::Severity;
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "issue")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub run_id: i64,
        pub line: i64,
        /// Null where the issue is older than this column; so is the length.
        pub byte_offset: Option<i64>,
        pub byte_length: Option<i64>,
        pub movie_id: Option<i64>,
        pub code: String,
        pub severity: Severity,
        pub rule: String,
        pub column_name: Option<String>,
        pub old_value: Option<String>,
        pub new_value: Option<String>,
        pub message: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A change of a movie.
pub mod revision {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "revision")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub run_id: i64,
        pub version: i32,
        pub movie_id: i64,
        /// `inserted`, `updated` or `deleted`.
        pub kind: String,
        pub line: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Files read again together.
pub mod backfill {
    use super::RunMode;
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "backfill")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        /// The user's name, or `command line`.
        pub created_by: String,
        pub created_at: DateTimeUtc,
        pub rule_version: i32,
        pub mode: RunMode,
        /// How many files; those of a second round count again.
        pub total: i64,
        pub bytes_total: i64,
        pub cancelled_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A run of a backfill.
pub mod backfill_run {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "backfill_run")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        pub backfill_id: i64,
        /// 1, or 2 where the files are read once more because runs of the first took out what others may give.
        pub round: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A published rule set.
pub mod rule_set {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "rule_set")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i32,
        /// The SHA-256 of the body.
        #[sea_orm(unique)]
        pub hash: String,
        pub author: String,
        pub note: String,
        /// TOML.
        pub body: String,
        pub published_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What the archive holds.
pub mod archive_object {
    use super::ArchiveKind;
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "archive_object")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub kind: ArchiveKind,
        pub sha256: String,
        pub path: String,
        pub bytes: i64,
        pub source_file_id: i64,
        pub run_id: Option<i64>,
        pub created_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An object that is to go out of the archive: no record speaks of it, or none will once `due_at` has passed.
pub mod archive_removal {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "archive_removal")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub path: String,
        pub due_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

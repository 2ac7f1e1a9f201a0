//! Users, roles, sessions, tokens and the trail of what people did.

/// A person who may sign in.
pub mod user {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(unique)]
        pub name: String,
        /// argon2id in PHC form.
        pub password_hash: String,
        pub disabled_at: Option<DateTimeUtc>,
        pub created_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A named set of permissions.
pub mod role {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "role")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        /// Names such as `data.read`, separated by a space.
        pub permissions: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Which roles a user has.
pub mod user_role {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_role")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role_name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A sign-in; the cookie holds the token, the database its SHA-256.
pub mod session {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "session")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub token_hash: String,
        pub user_id: i64,
        pub created_at: DateTimeUtc,
        pub expires_at: DateTimeUtc,
        /// Where it was opened from.
        pub address: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A key for programs; stored as its SHA-256.
pub mod token {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "token")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        #[sea_orm(unique)]
        pub token_hash: String,
        pub user_id: i64,
        pub role_name: String,
        pub created_at: DateTimeUtc,
        pub expires_at: DateTimeUtc,
        pub last_used_at: Option<DateTimeUtc>,
        pub revoked_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Somebody's wrong attempts in a row, which slow further ones down.
pub mod attempt {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "attempt")]
    pub struct Model {
        /// Who is slowed down: a name's hash or an address.
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject: String,
        pub failures: i32,
        pub last_at: DateTimeUtc,
        /// When the audit trail was last told that there are too many.
        pub told_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Something somebody did, or tried to do, that changes something.
pub mod audit_event {
    use sea_orm::entity::prelude::*;

    /// What became of it.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
    #[sea_orm(
        rs_type = "String",
        db_type = "String(StringLen::N(16))",
        rename_all = "snake_case"
    )]
    pub enum Outcome {
        /// It was done.
        #[default]
        Done,
        /// Whoever tried was not allowed to.
        Refused,
        /// It was allowed, and not done for another reason.
        Failed,
    }

    /// A row; none is ever changed or deleted.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_event")]
    pub struct Model {
        /// Counts from 1 without a gap.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub at: DateTimeUtc,
        pub actor: String,
        pub action: String,
        pub subject: String,
        pub address: Option<String>,
        pub outcome: Outcome,
        /// The error's, where there was one.
        pub code: Option<String>,
        /// Why it was not done.
        pub reason: Option<String>,
        pub value_before: Option<String>,
        pub value_after: Option<String>,
        /// The hash of the event before; zeros for the first.
        pub previous_hash: String,
        /// The SHA-256 over all of the above.
        pub hash: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Where the audit trail ends; one row.
pub mod audit_head {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_head")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// The last event's id.
        pub sequence: i64,
        /// The last event's hash.
        pub hash: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

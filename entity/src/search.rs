//! By what names things are found.

/// A name, folded: its words without case and accents.
pub mod name {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "search_name")]
    pub struct Model {
        /// The table of what has the name, such as `movie`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub noun: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        /// Which of its names: 0, or 1 for a movie's original title.
        #[sea_orm(primary_key, auto_increment = false)]
        pub part: i32,
        /// A blank between its words.
        pub name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

//! By which words things are found.

/// A word of a name, and the whole name, both folded: without case and accents.
pub mod word {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "search_word")]
    pub struct Model {
        /// At most 64 characters of it.
        #[sea_orm(primary_key, auto_increment = false)]
        pub word: String,
        /// The table of what has the name, such as `movie`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub noun: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        /// Which of its names: 0, or 1 for a movie's original title.
        #[sea_orm(primary_key, auto_increment = false)]
        pub part: i32,
        /// The name, a blank between its words.
        pub name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

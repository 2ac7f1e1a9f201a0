//! What companion files say of movies. `companion` is what was read; the tables after it are made of it.

/// What a run has read of a companion file, or of a movie's companion column.
pub mod staging {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_companion")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        pub id: i64,
        pub sub: i64,
        /// Whether the record is of a companion file, and counts as one of the run's.
        pub own: bool,
        pub payload: String,
        pub byte_offset: i64,
        pub byte_length: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What merging it would do.
pub mod change {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_companion_change")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub sub: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        pub own: bool,
        /// As of a movie's change.
        pub change_kind: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What is said of a movie, with where it was read.
pub mod fact {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "companion")]
    pub struct Model {
        /// `keywords`, `credits`, `links` or `ratings`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        /// The movie's TMDB id; of links and ratings its MovieLens id.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        /// Of ratings the user's id, else 0.
        #[sea_orm(primary_key, auto_increment = false)]
        pub sub: i64,
        /// JSON in one spelling.
        pub payload: String,
        pub run_id: i64,
        pub line: i64,
        pub byte_offset: i64,
        pub byte_length: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A change, with what was there before.
pub mod revision {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "companion_revision")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub sub: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i32,
        pub change_kind: String,
        pub payload: Option<String>,
        pub run_id: Option<i64>,
        pub line: Option<i64>,
        pub byte_offset: Option<i64>,
        pub byte_length: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A keyword of a movie.
pub mod keyword {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "movie_keyword")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub movie_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub keyword_id: i64,
        pub name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who plays in a movie.
pub mod cast {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "movie_cast")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub movie_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub person_id: i64,
        pub name: String,
        pub character_name: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who made a movie.
pub mod crew {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "movie_crew")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub movie_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub person_id: i64,
        pub name: String,
        pub department: Option<String>,
        pub job: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A MovieLens movie's ids elsewhere.
pub mod link {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "movie_link")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub movielens_id: i64,
        pub movie_id: i64,
        pub imdb_id: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What MovieLens' users think of a movie.
pub mod rating {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "movie_rating")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub movielens_id: i64,
        pub rating_count: i64,
        /// Stars.
        pub rating_average: f64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

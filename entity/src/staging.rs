//! What a run has read and not yet merged, keyed by run and line.

/// A movie as read.
pub mod movie {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_movie")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        pub movie_id: i64,
        pub title: String,
        pub original_title: Option<String>,
        pub imdb_id: Option<String>,
        pub adult: Option<bool>,
        pub budget: Option<i64>,
        pub revenue: Option<i64>,
        pub popularity: Option<f64>,
        pub release_date: Option<Date>,
        pub release_year: Option<i32>,
        /// Minutes.
        pub runtime: Option<f64>,
        pub status: Option<String>,
        pub original_language: Option<String>,
        pub overview: Option<String>,
        pub tagline: Option<String>,
        pub homepage: Option<String>,
        pub poster_path: Option<String>,
        pub video: Option<bool>,
        pub vote_average: Option<f64>,
        pub vote_count: Option<i64>,
        pub collection_id: Option<i64>,
        /// First 16 bytes of the SHA-256 over every field and link; equal rows have equal hashes.
        pub row_hash: Vec<u8>,
        /// Whether the values and links are here; if not, the mart had the row just so when it was read.
        pub whole: bool,
        pub byte_offset: i64,
        pub byte_length: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A company as this line first names it.
pub mod company {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_company")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A genre as this line first names it.
pub mod genre {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_genre")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A collection as this line first names it.
pub mod collection {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_collection")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A country as this line first names it.
pub mod country {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_country")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        pub name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A language as this line first names it.
pub mod language {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_language")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        pub name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Link of a read movie to a company.
pub mod movie_company {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_movie_company")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub company_id: i64,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Link of a read movie to a genre.
pub mod movie_genre {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_movie_genre")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub genre_id: i64,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Link of a read movie to a country.
pub mod movie_country {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_movie_country")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub country_code: String,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Link of a read movie to a language.
pub mod movie_language {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_movie_language")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub language_code: String,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What merging a line would do.
pub mod change {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_change")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        /// `inserted`, `updated`, `unchanged`, `superseded` or `deleted`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        pub movie_id: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A company-year whose aggregates a merge changes; year 0 stands for movies without one.
pub mod touched_company {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_touched_company")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub company_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A genre-year whose aggregates a merge changes; year 0 stands for movies without one.
pub mod touched_genre {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_touched_genre")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub genre_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A year whose totals a merge changes.
pub mod touched_year {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staging_touched_year")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

//! What analysts ask about: movies and what they are linked to.

/// A production company.
pub mod company {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "company")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub name: String,
        /// Movies linked to it, with or without a year.
        pub movie_count: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A genre.
pub mod genre {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "genre")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub name: String,
        /// Movies linked to it, with or without a year.
        pub movie_count: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A series a movie belongs to.
pub mod collection {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "collection")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A country by ISO 3166-1 code.
pub mod country {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "country")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        pub name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A language by ISO 639-1 code.
pub mod language {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "language")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        pub name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A movie as the newest merge left it; money in whole US dollars, null where unknown.
pub mod movie {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "movie")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
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
        /// The run that last changed it.
        pub run_id: i64,
        pub line: i64,
        pub byte_offset: i64,
        pub byte_length: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Link of a movie to a company; `position` is its place in the file's list.
pub mod movie_company {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "movie_company")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub movie_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub company_id: i64,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Link of a movie to a genre; `position` is its place in the file's list.
pub mod movie_genre {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "movie_genre")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub movie_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub genre_id: i64,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Link of a movie to a country; `position` is its place in the file's list.
pub mod movie_country {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "movie_country")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub movie_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub country_code: String,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Link of a movie to a language; `position` is its place in the file's list.
pub mod movie_language {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "movie_language")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub movie_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub language_code: String,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

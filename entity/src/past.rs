//! States that merges have replaced, each with the version that replaced it (`until_version`).

/// A movie as it was before `until_version`.
pub mod movie {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "past_movie")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub until_version: i32,
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

/// Link of a past movie to a company.
pub mod movie_company {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "past_movie_company")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub movie_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub until_version: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub company_id: i64,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Link of a past movie to a genre.
pub mod movie_genre {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "past_movie_genre")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub movie_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub until_version: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub genre_id: i64,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Link of a past movie to a country.
pub mod movie_country {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "past_movie_country")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub movie_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub until_version: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub country_code: String,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Link of a past movie to a language.
pub mod movie_language {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "past_movie_language")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub movie_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub until_version: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub language_code: String,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The name a company, genre, country, language or collection had.
pub mod name {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "past_name")]
    pub struct Model {
        /// The table it stood in, such as `company`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub noun: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub name_key: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub until_version: i32,
        /// Null where there was no such row.
        pub name: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

//! Figures kept by every merge: sums over known values only, null where nothing is known.

/// All movies of a year.
pub mod year_total {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "year_total")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
        pub movie_count: i32,
        pub budget: Option<i64>,
        pub revenue: Option<i64>,
        pub profit: Option<i64>,
        pub average_popularity: Option<f64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A company's movies of a year.
pub mod company_year {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "company_year")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub company_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
        pub movie_count: i32,
        pub budget: Option<i64>,
        pub revenue: Option<i64>,
        pub profit: Option<i64>,
        pub average_popularity: Option<f64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A genre's movies of a year.
pub mod genre_year {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "genre_year")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub genre_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
        pub movie_count: i32,
        pub budget: Option<i64>,
        pub revenue: Option<i64>,
        pub profit: Option<i64>,
        pub average_popularity: Option<f64>,
        pub total_popularity: Option<f64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A company's movies of a genre and year.
pub mod company_genre_year {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "company_genre_year")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub company_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub genre_id: i64,
        pub movie_count: i32,
        pub budget: Option<i64>,
        pub revenue: Option<i64>,
        pub profit: Option<i64>,
        pub average_popularity: Option<f64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

//! Companion files: their own tables, joined by id, whenever they arrive; undone and replayed like movies.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Line, World, engines, file, real_data};
use entity::{companion::*, ingest::*};
use etl::{control, queue, verify};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

const KEYWORDS: &str = "id,keywords
862,\"[{'id': 931, 'name': 'jealousy'}, {'id': 4290, 'name': 'toy'}]\"
2,[]
862,\"[{'id': 4290, 'name': 'toy'}]\"
x,[]
";
const CREDITS: &str = "cast,crew,id
\"[{'cast_id': 14, 'character': 'Woody (voice)', 'credit_id': 'a', 'gender': 2, 'id': 31, 'name': 'Tom Hanks', 'order': 0, 'profile_path': None}, {'character': '', 'id': 12898, 'name': \"\"Tim 'O\"\"}]\",\"[{'credit_id': 'b', 'department': 'Directing', 'gender': 2, 'id': 7879, 'job': 'Director', 'name': 'John Lasseter'}]\",862
";
const LINKS: &str = "movieId,imdbId,tmdbId\n1,0114709,862\n2,0113497,8844\n3,0113228,\n";
const RATINGS: &str =
    "userId,movieId,rating,timestamp\n1,1,5.0,1260759144\n2,1,2.5,1260759179\n2,2,4,1\n";

/// Everything that companion files have led to, as text.
async fn dump(world: &World) -> String {
    let db = &world.chain.db;
    let said = fact::Entity::find().all(db).await.unwrap();
    let said: Vec<_> = said
        .iter()
        .map(|row| (&row.kind, row.id, row.sub, &row.payload, row.line))
        .collect();
    let keywords = keyword::Entity::find().all(db).await.unwrap();
    let cast = cast::Entity::find().all(db).await.unwrap();
    let crew = crew::Entity::find().all(db).await.unwrap();
    let links = link::Entity::find().all(db).await.unwrap();
    let ratings = rating::Entity::find()
        .order_by_asc(rating::Column::MovielensId)
        .all(db)
        .await
        .unwrap();
    format!("{said:#?}\n{keywords:#?}\n{cast:#?}\n{crew:#?}\n{links:#?}\n{ratings:#?}")
}

fn counts(run: &run::Model) -> [i64; 6] {
    let counts = [
        run.rows_read,
        run.rows_inserted,
        run.rows_updated,
        run.rows_unchanged,
        run.rows_superseded,
        run.rows_rejected,
    ];
    assert_eq!(counts[0], counts[1..].iter().sum::<i64>(), "{run:?}");
    counts
}

async fn undo(world: &World, run: &run::Model) {
    let db = &world.chain.db;
    let ids = control::undo(db, run.id, Trigger::Command, false)
        .await
        .unwrap();
    for id in ids {
        let undone = queue::run_now(&world.chain, id).await.unwrap();
        assert_eq!(undone.error, None);
    }
}

async fn reprocess(world: &World, run: &run::Model) -> run::Model {
    let db = &world.chain.db;
    let id = control::reprocess_run(
        db,
        run.id,
        Trigger::Command,
        run.rule_version,
        RunMode::Merge,
    )
    .await
    .unwrap();
    queue::run_now(&world.chain, id).await.unwrap()
}

#[tokio::test]
async fn companions_fill_their_tables_before_and_after_their_movies() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let keywords = world.load_well("keywords.csv", KEYWORDS).await;
        assert_eq!(counts(&keywords), [4, 2, 0, 0, 1, 1]);
        let issue = issue::Entity::find().one(db).await.unwrap().unwrap();
        assert_eq!(
            (&*issue.code, issue.severity),
            ("superseded", Severity::Info)
        );
        let credits = world.load_well("credits.csv", CREDITS).await;
        assert_eq!(counts(&credits), [1, 1, 0, 0, 0, 0]);
        let movie = Line {
            id: 862,
            ..Line::default()
        };
        world.load_well("movies.csv", file(&[movie])).await;
        let links = world.load_well("links.csv", LINKS).await;
        assert_eq!(counts(&links), [3, 2, 0, 0, 0, 1]);
        let ratings = world.load_well("ratings.csv", RATINGS).await;
        assert_eq!(counts(&ratings), [3, 3, 0, 0, 0, 0]);
        assert_eq!(ratings.data_version, Some(5));

        // The later line of an id counts.
        let found = keyword::Entity::find().all(db).await.unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|k| (k.movie_id, k.keyword_id, &*k.name))
            .collect();
        assert_eq!(found, [(862, 4290, "toy")]);
        let cast = cast::Entity::find()
            .order_by_asc(cast::Column::Position)
            .all(db)
            .await
            .unwrap();
        let cast: Vec<_> = cast
            .iter()
            .map(|c| {
                (
                    c.position,
                    c.person_id,
                    &*c.name,
                    c.character_name.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            cast,
            [
                (0, 31, "Tom Hanks", Some("Woody (voice)")),
                (1, 12898, "Tim 'O", Some(""))
            ]
        );
        let crew = crew::Entity::find().one(db).await.unwrap().unwrap();
        assert_eq!(
            (crew.person_id, crew.job.as_deref()),
            (7879, Some("Director"))
        );
        let link = link::Entity::find_by_id(1).one(db).await.unwrap().unwrap();
        assert_eq!(
            (link.movie_id, link.imdb_id.as_deref()),
            (862, Some("tt0114709"))
        );
        let rating = rating::Entity::find_by_id(1)
            .one(db)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((rating.rating_count, rating.rating_average), (2, 3.75));
        let report = verify::verify(&world.chain).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        world.close().await;
    }
}

#[tokio::test]
async fn companions_are_reloaded_undone_and_replayed() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let first = world.load_well("ratings.csv", RATINGS).await;
        let keywords = world.load_well("keywords.csv", KEYWORDS).await;
        let before = dump(&world).await;

        let edited = RATINGS.replace("2.5", "3.5") + "9,1,1,1\n";
        let second = world.load_well("ratings.csv", &edited).await;
        assert_eq!(counts(&second), [4, 1, 1, 2, 0, 0]);
        assert_ne!(dump(&world).await, before);
        // What the newer file has given since stays.
        let again = reprocess(&world, &first).await;
        assert_eq!(counts(&again), [3, 0, 0, 2, 1, 0]);

        // A later run on the same keys stands in the way.
        let refused = control::undo(&world.chain.db, first.id, Trigger::Command, false).await;
        let message = refused.unwrap_err().to_string();
        assert!(message.contains(&second.id.to_string()), "{message}");
        undo(&world, &second).await;
        assert_eq!(dump(&world).await, before);

        let again = reprocess(&world, &keywords).await;
        assert_eq!(counts(&again), [4, 0, 0, 2, 1, 1]);
        assert_eq!(dump(&world).await, before);
        undo(&world, &keywords).await;
        undo(&world, &first).await;
        let left = fact::Entity::find().count(&world.chain.db).await.unwrap();
        assert_eq!(left, 0);
        let report = verify::verify(&world.chain).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        world.close().await;
    }
}

#[tokio::test]
async fn a_held_companion_leaves_no_trace_when_discarded() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let path = world.folder.path().join("keywords.csv");
        std::fs::write(&path, KEYWORDS).unwrap();
        let held = world.load_as(&path, RunMode::Hold).await;
        assert_eq!(held.status, RunStatus::Held);
        assert_eq!(counts(&held), [4, 2, 0, 0, 1, 1]);
        let db = &world.chain.db;
        assert_eq!(fact::Entity::find().count(db).await.unwrap(), 0);
        control::discard(db, held.id, Trigger::Command)
            .await
            .unwrap();
        assert_eq!(fact::Entity::find().count(db).await.unwrap(), 0);
        assert_eq!(staging::Entity::find().count(db).await.unwrap(), 0);
        world.close().await;
    }
}

#[tokio::test]
async fn a_movies_own_keywords_are_kept_and_count_as_the_movies_row() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let header = "id,title,budget,genres,homepage,keywords,original_language,original_title,overview,popularity,production_companies,production_countries,release_date,revenue,runtime,spoken_languages,status,tagline,vote_average,vote_count";
        let line = |keywords: &str| {
            format!(
                "{header}\n7,T,5,[],,\"{keywords}\",en,,,1,[],[],2009-12-10,6,1,[],Released,,7,8\n"
            )
        };
        let text = line("[{\"\"id\"\": 1, \"\"name\"\": \"\"robot\"\"}]");
        let first = world.load_well("tmdb_5000_movies.csv", &text).await;
        assert_eq!(counts(&first), [1, 1, 0, 0, 0, 0]);
        let db = &world.chain.db;
        assert_eq!(keyword::Entity::find().count(db).await.unwrap(), 1);
        let file = source_file::Entity::find().one(db).await.unwrap().unwrap();
        assert_eq!(file.source.as_deref(), Some("tmdb-5000"));
        // Only the keywords are others: the movie is the same.
        let second = world.load_well("b.csv", line("[]")).await;
        assert_eq!(counts(&second), [1, 0, 0, 1, 0, 0]);
        assert_eq!(keyword::Entity::find().count(db).await.unwrap(), 0);
        undo(&world, &second).await;
        assert_eq!(keyword::Entity::find().count(db).await.unwrap(), 1);
        world.close().await;
    }
}

#[tokio::test]
async fn the_real_keywords_are_loaded_and_undone() {
    let Some(data) = real_data() else { return };
    for engine in engines() {
        let world = World::new(&engine).await;
        let run = world
            .load_file(&data.join("movies-dataset/keywords.csv"))
            .await;
        assert_eq!(run.error, None);
        let [read, inserted, _, _, superseded, rejected] = counts(&run);
        assert_eq!((read, rejected), (46_419, 0));
        assert_eq!(superseded + inserted, read);
        let db = &world.chain.db;
        let empty = fact::Entity::find()
            .filter(fact::Column::Payload.eq("[]"))
            .count(db)
            .await
            .unwrap();
        assert!(empty > 14_000, "{empty}");
        for recount in etl::companion::recount(db).await.unwrap() {
            assert!(recount.differences.is_empty(), "{recount:?}");
        }
        undo(&world, &run).await;
        assert_eq!(keyword::Entity::find().count(db).await.unwrap(), 0);
        world.close().await;
    }
}

//! Each act, what it needs and what it leaves.

use crate::{
    common::{HEADER, Line, World, engines, file},
    vault::{ADA, refused, two_movies_and_a_reject, vaults},
};
use chrono::Utc;
use entity::{
    ingest::{FileArea, RunMode, RunStatus, Trigger, reject, run, run_event},
    mart::movie,
};
use etl::{Error, control, correct, custody, database, lineage, queue, record::Position};
use object_store::{ObjectStoreExt, path::Path};
use rand::Rng;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, QueryOrder};
use std::collections::BTreeSet;

#[tokio::test]
async fn whatever_reads_a_file_finds_it_where_it_was_moved() {
    for (name, vault) in vaults().await {
        let chain = &vault.world.chain;
        let text = two_movies_and_a_reject();
        let run = vault.world.load_well("a.csv", &text).await;
        let before = vault.file_of(&run).await;
        let record = vault.raw(&run).await.unwrap();
        assert_eq!(record.trim_end(), Line::default().csv());

        let moved = custody::move_to(chain, &before.sha256, FileArea::Cold, ADA).await;
        let moved = moved.unwrap();
        assert_eq!(moved.area, FileArea::Cold);
        assert!(moved.archive_path.starts_with("cold/"), "{moved:?}");
        vault.check(&name).await;
        assert_eq!(vault.raw(&run).await.unwrap(), record, "{name}");
        // Whoever has looked the old place up finds the new one.
        let position = Position {
            line: 2,
            byte_offset: HEADER.len() as u64 + 1,
            byte_length: 10,
        };
        let late = lineage::raw(vault.db(), &chain.archive, "a.csv", &before, &position);
        assert_eq!(late.await.unwrap(), record[..10]);
        let again = vault.again(&before.sha256).await.unwrap();
        assert_eq!((again.rows_read, again.error), (3, None), "{name}");
        vault.verified().await;
        let rejects = reject::Entity::find().all(vault.db()).await.unwrap();
        let values = [("id".to_owned(), "3".to_owned())];
        let fixed = correct::correct(chain, rejects[0].id, &values, Trigger::Command).await;
        let fixed = queue::run_now(chain, fixed.unwrap()).await.unwrap();
        assert_eq!(fixed.rows_inserted, 1, "{name}");

        // The same bytes are known where they are.
        let twice = vault.world.load("b.csv", &text).await;
        assert_eq!(twice.status, RunStatus::Duplicate);
        vault.check(&name).await;

        // Once more changes nothing, and is no event.
        let same = custody::move_to(chain, &before.sha256, FileArea::Cold, ADA).await;
        assert_eq!(same.unwrap().archive_path, moved.archive_path);
        let back = custody::move_to(chain, &before.sha256, FileArea::Raw, ADA).await;
        assert_eq!(back.unwrap().archive_path, before.archive_path);
        vault.check(&name).await;
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            vault.trail().await,
            [
                ("file.move".to_owned(), text("raw"), text("cold")),
                ("file.move".to_owned(), text("cold"), text("raw")),
            ]
        );
        vault.world.close().await;
    }
}

#[tokio::test]
async fn large_files_are_moved_whole_and_damaged_ones_not_at_all() {
    for (name, vault) in vaults().await {
        let chain = &vault.world.chain;
        let path = vault.world.folder.path().join("large.csv");
        // More than goes through in one request.
        let mut bytes = vec![0; (17 << 20) + 5];
        rand::rng().fill(&mut bytes[..]);
        std::fs::write(&path, bytes).unwrap();
        let taken = custody::take(chain, &path, "large.csv", None)
            .await
            .unwrap();
        let sha256 = taken.file.sha256;
        for area in [FileArea::Cold, FileArea::Raw] {
            custody::move_to(chain, &sha256, area, ADA).await.unwrap();
            vault.check(&name).await;
        }
        vault.verified().await;

        let at = Path::from(format!("{}/{}", vault.prefix, taken.file.archive_path));
        vault.store.put(&at, "damaged".into()).await.unwrap();
        let error = custody::move_to(chain, &sha256, FileArea::Cold, ADA).await;
        let error = error.unwrap_err();
        assert!(matches!(error, Error::Corrupt { .. }), "{name}: {error}");
        vault.check(&name).await;
        vault.world.close().await;
    }
}

#[tokio::test]
async fn a_file_is_deleted_only_when_nothing_speaks_against_it() {
    for (name, vault) in vaults().await {
        let (chain, db) = (&vault.world.chain, vault.db());
        let text = two_movies_and_a_reject();
        let run = vault.world.load_well("a.csv", &text).await;
        let sha256 = vault.file_of(&run).await.sha256;
        let delete = async |force| custody::delete(chain, &sha256, " a wish ", force, ADA).await;

        refused(custody::hold(db, &sha256, "  ", ADA).await, &["say why"]);
        custody::hold(db, &sha256, "a court asks", ADA)
            .await
            .unwrap();
        refused(
            custody::hold(db, &sha256, "again", ADA).await,
            &["is held by ada", "a court asks"],
        );
        let year = Utc::now().format("%Y-").to_string();
        refused(
            delete(true).await,
            &["is held by ada since", &year, "a court asks"],
        );
        vault.check(&name).await;
        custody::release(db, &sha256, ADA).await.unwrap();
        refused(custody::release(db, &sha256, ADA).await, &["is not held"]);

        let held = {
            let (db, by) = (vault.db(), Trigger::Command);
            control::reprocess_file(db, &sha256, by, 1, RunMode::Hold)
                .await
                .unwrap()
        };
        refused(delete(true).await, &["is queued"]);
        queue::run_now(chain, held).await.unwrap();
        refused(delete(true).await, &["is held; let it end"]);
        control::discard(db, held, Trigger::Command).await.unwrap();
        for status in [RunStatus::Reading, RunStatus::Merging] {
            let under_way = |status| run::ActiveModel {
                id: Set(held),
                status: Set(status),
                ..Default::default()
            };
            under_way(status).update(db).await.unwrap();
            let word = format!("run {held}");
            refused(delete(true).await, &[&word, "let it end"]);
            let moved = custody::move_to(chain, &sha256, FileArea::Cold, ADA).await;
            refused(moved, &[&word, "is reading a.csv"]);
            under_way(RunStatus::Discarded).update(db).await.unwrap();
        }

        let warning = delete(false).await.unwrap_err();
        assert!(matches!(warning, Error::Unconfirmed(_)), "{warning:?}");
        assert!(
            warning
                .to_string()
                .starts_with("2 rows of the mart come from a.csv"),
            "{warning}"
        );
        vault.check(&name).await;
        assert_eq!(
            vault.objects().await.len(),
            5,
            "{name}: raw, and two of each run"
        );

        // What an attempt that was cut off has left goes as well.
        let left = format!(
            "{}/rejects/run={held}/part-0123456789abcdef.parquet",
            vault.prefix
        );
        vault
            .store
            .put(&Path::from(left), "left".into())
            .await
            .unwrap();
        let deleted = delete(true).await.unwrap();
        assert_eq!(deleted.delete_reason.as_deref(), Some("a wish"));
        assert_eq!(vault.objects().await, BTreeSet::new(), "{name}");
        vault.check(&name).await;
        vault.verified().await;
        assert_eq!(
            movie::Entity::find().all(db).await.unwrap().len(),
            2,
            "the mart is as it was"
        );
        assert_eq!(
            reject::Entity::find().all(db).await.unwrap().len(),
            2,
            "so are the runs"
        );

        let gone = [&sha256[..], "were deleted by ada at", &year, "a wish"];
        refused(vault.raw(&run).await, &gone);
        let remedy = "drop the file into the inbox again";
        refused(vault.again(&sha256).await, &[&gone[..], &[remedy]].concat());
        let by = Trigger::Command;
        refused(
            control::reprocess_run(db, run.id, by, 1, RunMode::Merge).await,
            &gone,
        );
        let none = control::reprocess_all(db, "test", by, 1, RunMode::Merge, None).await;
        assert_eq!(none.unwrap().total, 0);
        let rejected = reject::Entity::find().one(db).await.unwrap().unwrap();
        refused(correct::correct(chain, rejected.id, &[], by).await, &gone);
        refused(custody::hold(db, &sha256, "late", ADA).await, &gone);
        refused(
            custody::move_to(chain, &sha256, FileArea::Cold, ADA).await,
            &gone,
        );
        refused(delete(true).await, &gone);
        refused(
            custody::delete(chain, "ab", "x", true, ADA).await,
            &["there is no file"],
        );

        // The same bytes bring it back; the mart has them still.
        let back = vault.world.load("b.csv", &text).await;
        assert_eq!(
            (back.status, back.duplicate_of),
            (RunStatus::Duplicate, Some(run.id))
        );
        let file = vault.file_of(&back).await;
        assert_eq!((&file.sha256, file.deleted_at), (&sha256, None), "{name}");
        assert_eq!((&*file.name, file.area), ("a.csv", FileArea::Raw));
        vault.check(&name).await;
        vault.verified().await;
        assert!(vault.raw(&run).await.is_ok(), "{name}");
        assert_eq!(vault.again(&sha256).await.unwrap().rows_read, 3);
        let events = run_event::Entity::find().all(db).await.unwrap();
        let told = events.iter().filter(|event| event.run_id == back.id);
        let told: Vec<_> = told.map(|event| &event.message).collect();
        assert!(
            told.iter().any(|told| told.contains("deleted by ada")),
            "{told:?}"
        );

        // From the cold it comes back as raw; and without movies no force is needed.
        custody::move_to(chain, &sha256, FileArea::Cold, ADA)
            .await
            .unwrap();
        control::undo(db, run.id, by, true).await.unwrap();
        let undo = run::Entity::find()
            .order_by_desc(run::Column::Id)
            .one(db)
            .await
            .unwrap()
            .unwrap();
        refused(delete(false).await, &["is queued"]);
        queue::run_now(chain, undo.id).await.unwrap();
        delete(false).await.unwrap();
        vault.check(&name).await;
        vault.world.load("c.csv", &text).await;
        assert!(
            vault.again(&sha256).await.unwrap().error.is_none(),
            "{name}"
        );
        vault.check(&name).await;

        let actions: Vec<_> = vault.trail().await.into_iter().collect();
        let names: Vec<&str> = actions.iter().map(|(action, _, _)| &**action).collect();
        assert_eq!(
            names,
            [
                "file.hold",
                "file.release",
                "file.delete",
                "file.move",
                "file.delete"
            ]
        );
        assert!(actions[1].1.as_ref().unwrap().contains("a court asks"));
        let before = actions[2].1.as_ref().unwrap();
        assert!(
            before.contains("5 objects") && before.contains("2 rows"),
            "{before}"
        );
        assert_eq!(actions[2].2.as_deref(), Some("a wish"));
        vault.world.close().await;
    }
}

#[tokio::test]
async fn references_are_the_movies_a_file_was_the_last_to_change() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let line = |id| Line {
            id,
            ..Line::default()
        };
        let first = world
            .load_well("a.csv", file(&[line(1), line(2), line(3)]))
            .await;
        let changed = Line {
            budget: 7,
            ..line(2)
        };
        let second = world.load_well("b.csv", file(&[line(1), changed])).await;
        let of = async |run: &run::Model| {
            let file = run.source_file_id.unwrap();
            let found = custody::references(db, Some(file)).await.unwrap();
            found.get(&file).copied().unwrap_or_default()
        };
        // The second file gives movie 1 as it is.
        assert_eq!((of(&first).await, of(&second).await), (2, 1));
        let all = custody::references(db, None).await.unwrap();
        assert_eq!(all.values().sum::<i64>(), 3);
        let rows = database::query(db, "SELECT COUNT(*) FROM movie", [])
            .await
            .unwrap();
        assert_eq!(rows[0].try_get_by_index::<i64>(0).unwrap(), 3);
        world.close().await;
    }
}

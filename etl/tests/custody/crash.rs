//! Acts that stop half-way, and several at once.

use crate::{
    common::World,
    vault::{ADA, two_movies_and_a_reject, vaults},
};
use chrono::{TimeDelta, Utc};
use entity::ingest::{FileArea, RunStatus, archive_removal};
use etl::{
    Error,
    archive::path_in,
    chain::Chain,
    custody::{self, removal},
    database,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use std::{pin::pin, task::Poll, time::Duration};

/// Polls what is done so many times at most, then drops it and its connections as a process that ends.
async fn cut_off<T>(world: &World, polls: usize, act: impl AsyncFnOnce(&Chain) -> T) -> Option<T> {
    let chain = Chain {
        db: database::connect(&world.url).await.unwrap(),
        ..world.chain.clone()
    };
    let done = {
        let mut future = pin!(act(&chain));
        let mut left = polls;
        std::future::poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(None);
            }
            left -= 1;
            future.as_mut().poll(context).map(Some)
        })
        .await
    };
    // A pool whose connection was dropped half-way may never have it back.
    let _ = tokio::time::timeout(Duration::from_secs(1), chain.db.close()).await;
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_may_stop_anywhere_and_be_done_again() {
    for (name, vault) in vaults().await {
        let chain = &vault.world.chain;
        let text = two_movies_and_a_reject();
        let run = vault.world.load_well("a.csv", &text).await;
        let sha256 = vault.file_of(&run).await.sha256;
        let mut area = FileArea::Cold;
        let (mut whole, mut cut) = (0, 0);
        for polls in 1.. {
            let moving = async |chain: &Chain| custody::move_to(chain, &sha256, area, ADA).await;
            match cut_off(&vault.world, polls, moving).await {
                Some(moved) => {
                    moved.unwrap();
                    whole += 1;
                }
                None => cut += 1,
            }
            // Wherever it stopped, the bytes are where the record says.
            assert!(vault.raw(&run).await.is_ok(), "{name}, after {polls} polls");
            custody::move_to(chain, &sha256, area, ADA).await.unwrap();
            vault.check(&format!("{name}, after {polls} polls")).await;
            area = match area {
                FileArea::Cold => FileArea::Raw,
                FileArea::Raw => FileArea::Cold,
            };
            if whole == 2 {
                break;
            }
        }
        assert!(cut > 5, "{name}: was cut off {cut} times only");
        vault.verified().await;
        vault.world.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_may_stop_anywhere_and_the_bytes_can_come_back() {
    for (name, vault) in vaults().await {
        let (chain, db) = (&vault.world.chain, vault.db());
        let text = two_movies_and_a_reject();
        let run = vault.world.load_well("a.csv", &text).await;
        let sha256 = vault.file_of(&run).await.sha256;
        let (mut whole, mut cut) = (0, 0);
        for polls in 1.. {
            let deleting =
                async |chain: &Chain| custody::delete(chain, &sha256, "why", true, ADA).await;
            match cut_off(&vault.world, polls, deleting).await {
                Some(deleted) => {
                    deleted.unwrap();
                    whole += 1;
                }
                None => cut += 1,
            }
            let when = format!("{name}, after {polls} polls");
            if polls % 2 == 0 {
                // The bytes arrive before the rest has been removed.
                let back = vault.world.load("b.csv", &text).await;
                assert_eq!(back.status, RunStatus::Duplicate, "{when}");
                removal::clear(db, &chain.archive).await.unwrap();
                assert!(vault.raw(&run).await.is_ok(), "{when}");
            } else {
                removal::clear(db, &chain.archive).await.unwrap();
                let file = custody::find(db, &sha256).await.unwrap();
                assert_eq!(
                    vault.raw(&run).await.is_ok(),
                    file.deleted_at.is_none(),
                    "{when}"
                );
            }
            vault.check(&when).await;
            vault.world.load("b.csv", &text).await;
            vault.check(&when).await;
            if whole == 2 {
                break;
            }
        }
        assert!(cut > 5, "{name}: was cut off {cut} times only");
        vault.verified().await;
        vault.world.close().await;
    }
}

#[tokio::test]
async fn a_copy_that_was_left_behind_goes_and_one_that_is_being_made_stays() {
    for (name, vault) in vaults().await {
        let (chain, db) = (&vault.world.chain, vault.db());
        let run = vault
            .world
            .load_well("a.csv", two_movies_and_a_reject())
            .await;
        let file = vault.file_of(&run).await;
        let to = path_in(FileArea::Cold, &file.sha256);
        let copied = chain.archive.copy(&file.archive_path, &to, &file.sha256);
        copied.await.unwrap();
        let noted = |due_at| archive_removal::ActiveModel {
            path: Set(to.clone()),
            due_at: Set(due_at),
        };
        let later = noted(Utc::now() + TimeDelta::hours(1));
        archive_removal::Entity::insert(later)
            .exec(db)
            .await
            .unwrap();
        assert_eq!(
            removal::clear(db, &chain.archive).await.unwrap(),
            0,
            "{name}"
        );
        assert!(chain.archive.exists(&to).await.unwrap());
        noted(Utc::now()).update(db).await.unwrap();
        assert_eq!(
            removal::clear(db, &chain.archive).await.unwrap(),
            1,
            "{name}"
        );
        vault.check(&name).await;
        vault.world.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_handle_a_file_at_once_lose_nothing() {
    for (name, vault) in vaults().await {
        let chain = &vault.world.chain;
        let text = two_movies_and_a_reject();
        let run = vault.world.load_well("a.csv", &text).await;
        let sha256 = vault.file_of(&run).await.sha256;
        let path = vault.world.folder.path().join("b.csv");
        std::fs::write(&path, &text).unwrap();
        for round in 0..6 {
            let acts = (0..6).map(|act| {
                let (sha256, path) = (&sha256, &path);
                async move {
                    let done = match act {
                        0 | 1 => custody::move_to(chain, sha256, FileArea::Cold, ADA).await,
                        2 => custody::move_to(chain, sha256, FileArea::Raw, ADA).await,
                        3 if round % 2 == 0 => {
                            custody::delete(chain, sha256, "why", true, ADA).await
                        }
                        _ => custody::take(chain, path, "b.csv", None)
                            .await
                            .map(|taken| taken.file),
                    };
                    match done {
                        Ok(_) | Err(Error::Input(_)) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                }
            });
            futures::future::join_all(acts).await;
            let taken = custody::take(chain, &path, "b.csv", None).await.unwrap();
            removal::clear(vault.db(), &chain.archive).await.unwrap();
            assert_eq!(taken.file.sha256, sha256);
            assert!(vault.raw(&run).await.is_ok(), "{name}, round {round}");
            vault.check(&format!("{name}, round {round}")).await;
        }
        vault.world.close().await;
    }
}

//! Acts in any order.

use crate::{
    common::{Line, file},
    vault::{ADA, vaults},
};
use entity::ingest::{FileArea, RunStatus};
use etl::custody;
use rand::{Rng, SeedableRng, seq::IndexedRandom};

#[tokio::test]
async fn after_any_order_of_acts_the_archive_is_what_the_records_say() {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(9);
    for (name, vault) in vaults().await {
        let (chain, db) = (&vault.world.chain, vault.db());
        let texts: Vec<String> = (1..4)
            .map(|id| {
                file(&[Line {
                    id,
                    ..Line::default()
                }])
            })
            .collect();
        let mut files = Vec::new();
        for text in &texts {
            let run = vault.world.load_well("a.csv", text).await;
            files.push(vault.file_of(&run).await.sha256);
        }
        // What must be true of each: where it is, whether it is held.
        let mut model = [(Some(FileArea::Raw), false); 3];
        for step in 0..40 {
            let which = random.random_range(0..3);
            let sha256 = &files[which];
            let (place, held) = &mut model[which];
            let act = *["hold", "release", "move", "delete", "drop"]
                .choose(&mut random)
                .unwrap();
            let done = match act {
                "hold" => custody::hold(db, sha256, "why", ADA).await.is_ok(),
                "release" => custody::release(db, sha256, ADA).await.is_ok(),
                "move" => {
                    let area = *[FileArea::Raw, FileArea::Cold].choose(&mut random).unwrap();
                    let done = custody::move_to(chain, sha256, area, ADA).await.is_ok();
                    assert_eq!(done, place.is_some(), "{name}, {step}");
                    *place = place.and(Some(area));
                    done
                }
                "delete" => custody::delete(chain, sha256, "why", true, ADA)
                    .await
                    .is_ok(),
                _ => {
                    let run = vault.world.load("a.csv", &texts[which]).await;
                    assert_eq!(run.status, RunStatus::Duplicate);
                    *place = place.or(Some(FileArea::Raw));
                    true
                }
            };
            match act {
                "hold" => {
                    assert_eq!(done, place.is_some() && !*held, "{name}, {step}");
                    *held |= done;
                }
                "release" => {
                    assert_eq!(done, *held, "{name}, {step}");
                    *held = false;
                }
                "delete" => {
                    assert_eq!(done, place.is_some() && !*held, "{name}, {step}");
                    *place = if done { None } else { *place };
                }
                _ => {}
            }
            vault.check(&format!("{name}: {act} at step {step}")).await;
            let file = custody::find(db, sha256).await.unwrap();
            assert_eq!(file.deleted_at.is_none().then_some(file.area), *place);
            assert_eq!(file.held_at.is_some(), *held);
        }
        vault.verified().await;
        vault.world.close().await;
    }
}

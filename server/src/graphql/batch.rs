//! One statement for all the fields of a level.
//!
//! Fields that want the same kind of thing ask the same [`Batch`]. async-graphql polls the fields of a level in one
//! task, those of a long list in several of its turns one after the other; so a batch that waits until turns pass in
//! which nobody asks has heard every key of its level, however many there are: unlike a data loader that waits for a
//! while, it neither misses keys nor loses time.
//! Answers are kept for the rest of the request.

use super::error::Failure;
use futures::{
    future::{BoxFuture, FutureExt, Shared},
    task::AtomicWaker,
};
use sea_orm::{DbErr, FromQueryResult, QueryResult, TryGetable};
use std::{
    collections::HashMap,
    hash::Hash,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

type Loaded<K, V> = Result<Arc<HashMap<K, V>>, Failure>;
type Load<K, V> =
    Arc<dyn Fn(Vec<K>) -> BoxFuture<'static, Result<HashMap<K, V>, DbErr>> + Send + Sync>;
type Pending<K, V> = Shared<BoxFuture<'static, Loaded<K, V>>>;

/// Loads values by key, many keys at a time; made anew for each request.
pub struct Batch<K, V> {
    inner: Arc<Inner<K, V>>,
}

struct Inner<K, V> {
    load: Load<K, V>,
    state: Mutex<State<K, V>>,
}

struct State<K, V> {
    /// Keys for the statement that has not begun.
    waiting: Vec<K>,
    /// That statement.
    open: Option<Pending<K, V>>,
    /// The statement that each key was, or will be, part of.
    asked: HashMap<K, Pending<K, V>>,
}

impl<K, V> Inner<K, V> {
    fn state(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> Batch<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// A batch over a function that loads what exists of the keys it is given.
    pub fn new<F, R>(load: F) -> Self
    where
        F: Fn(Vec<K>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<HashMap<K, V>, DbErr>> + Send + 'static,
    {
        Self {
            inner: Arc::new(Inner {
                load: Arc::new(move |keys| load(keys).boxed()),
                state: Mutex::new(State {
                    waiting: Vec::new(),
                    open: None,
                    asked: HashMap::new(),
                }),
            }),
        }
    }

    /// The value of a key; `None` when there is none.
    pub async fn load(&self, key: K) -> Result<Option<V>, Failure> {
        let pending = self.ask(&key);
        let values = pending.await?;
        Ok(values.get(&key).cloned())
    }

    fn ask(&self, key: &K) -> Pending<K, V> {
        let mut state = self.inner.state();
        if let Some(pending) = state.asked.get(key) {
            return pending.clone();
        }
        let pending = state
            .open
            .get_or_insert_with(|| run(Arc::downgrade(&self.inner)).boxed().shared())
            .clone();
        state.waiting.push(key.clone());
        state.asked.insert(key.clone(), pending.clone());
        pending
    }
}

/// In how many turns nobody has to ask: whoever is polled after the batch is heard one turn later.
const QUIET_TURNS: u32 = 2;

/// Holds the batch weakly: the batch holds this future, and a request may be given up half-way.
async fn run<K, V>(batch: Weak<Inner<K, V>>) -> Loaded<K, V> {
    let (mut quiet, mut heard) = (0, 0);
    let inner = loop {
        NextTurn::default().await;
        let Some(inner) = batch.upgrade() else {
            return Ok(Arc::default());
        };
        let count = inner.state().waiting.len();
        quiet = if count == heard { quiet + 1 } else { 0 };
        heard = count;
        if quiet == QUIET_TURNS {
            break inner;
        }
    };
    let (keys, load) = {
        let mut state = inner.state();
        state.open = None;
        (std::mem::take(&mut state.waiting), inner.load.clone())
    };
    drop(inner);
    match load(keys).await {
        Ok(values) => Ok(Arc::new(values)),
        Err(error) => Err(Failure::Database(Arc::new(error))),
    }
}

/// Is over when the turn of the task that first polled it is: polling it again before that, as each of many
/// fields that share it does, gets nowhere.
#[derive(Default)]
struct NextTurn {
    turn: Arc<Turn>,
    begun: bool,
}

#[derive(Default)]
struct Turn {
    over: AtomicBool,
    waiting: AtomicWaker,
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.over.store(true, Ordering::Release);
        self.waiting.wake();
    }
}

impl Future for NextTurn {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.turn.waiting.register(cx.waker());
        if self.turn.over.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        if !self.begun {
            self.begun = true;
            // The runtime wakes what has yielded when the task's turn is over, and not before.
            let waker = Waker::from(self.turn.clone());
            let yielded = pin!(tokio::task::yield_now());
            let _ = yielded.poll(&mut Context::from_waker(&waker));
        }
        Poll::Pending
    }
}

/// The rows' models by the value of a column, each list in the rows' order.
pub fn grouped<K, M>(rows: &[QueryResult], column: &str) -> Result<HashMap<K, Vec<M>>, DbErr>
where
    K: TryGetable + Eq + Hash,
    M: FromQueryResult,
{
    let mut groups: HashMap<K, Vec<M>> = HashMap::new();
    for row in rows {
        let model = M::from_query_result(row, "")?;
        groups
            .entry(row.try_get("", column)?)
            .or_default()
            .push(model);
    }
    Ok(groups)
}

/// The rows' models by the value of a column that is different in every row.
pub fn keyed<K, M>(rows: &[QueryResult], column: &str) -> Result<HashMap<K, M>, DbErr>
where
    K: TryGetable + Eq + Hash,
    M: FromQueryResult,
{
    let pair = |row: &QueryResult| Ok((row.try_get("", column)?, M::from_query_result(row, "")?));
    rows.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;

    #[tokio::test]
    async fn fields_of_a_level_share_one_load() {
        let loads = Arc::new(Mutex::new(Vec::new()));
        let seen = loads.clone();
        let batch = Batch::new(move |keys: Vec<i32>| {
            seen.lock().unwrap().push(keys.len());
            async move {
                Ok(keys
                    .into_iter()
                    .filter(|k| k % 2 == 0)
                    .map(|k| (k, k * 10))
                    .collect())
            }
        });
        let asked = join_all((0..500).map(|key| batch.load(key))).await;
        for (key, value) in (0..500).zip(asked) {
            assert_eq!(value.unwrap(), (key % 2 == 0).then_some(key * 10));
        }
        assert_eq!(batch.load(2).await.unwrap(), Some(20));
        assert_eq!(batch.load(1000).await.unwrap(), Some(10_000));
        assert_eq!(*loads.lock().unwrap(), [500, 1]);
    }

    #[tokio::test]
    async fn fields_that_ask_turn_by_turn_share_one_load() {
        let loads = Arc::new(Mutex::new(Vec::new()));
        let seen = loads.clone();
        let batch = Batch::new(move |keys: Vec<usize>| {
            seen.lock().unwrap().push(keys.len());
            async move { Ok(keys.into_iter().map(|key| (key, key)).collect()) }
        });
        let asked = (0..50).map(async |key| {
            for _ in 0..key {
                tokio::task::yield_now().await;
            }
            batch.load(key).await
        });
        for (key, value) in join_all(asked).await.into_iter().enumerate() {
            assert_eq!(value.unwrap(), Some(key));
        }
        assert_eq!(*loads.lock().unwrap(), [50]);
    }

    #[tokio::test]
    async fn a_failure_reaches_every_field() {
        let batch: Batch<i32, i32> =
            Batch::new(|_| async { Err(DbErr::Custom("away".to_owned())) });
        let asked = join_all((0..3).map(|key| batch.load(key))).await;
        assert!(asked.iter().all(Result::is_err));
    }
}

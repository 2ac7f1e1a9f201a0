//! The rows of a keyset connection, fetched from both of its ends as they come near.

use std::rc::Rc;

use cynic::Operation;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::list::PageArguments;
use super::past::moved_on;
use super::state::{failure, skeleton};
use super::table::{Column, TableOptions, headings, line};
use super::window::{Rows, rows};
use crate::api::fragment::PageInfo;
use crate::api::query::Asked;
use crate::api::session::Session;
use crate::api::transport::{ApiError, body, decode, post};

/// Rows of a page.
const PAGE: usize = 100;
/// Rows of a page while the reader is far from what has come.
const LONG_PAGE: usize = 500;

/// A page of a connection as it came.
pub struct Slice<T> {
    pub nodes: Vec<T>,
    pub page_info: PageInfo,
    /// Rows of the whole list.
    pub total: i64,
    /// The newest data version when it was read.
    pub version: i32,
}

/// Rows from the first on and from the last back; those between are not there yet.
struct Cache<T> {
    total: usize,
    /// The data version that was the newest when the list began.
    version: Option<i32>,
    head: Vec<T>,
    /// The last row first.
    tail: Vec<T>,
    head_end: Option<String>,
    tail_start: Option<String>,
}

impl<T> Cache<T> {
    fn new() -> Self {
        Self {
            total: 0,
            version: None,
            head: Vec::new(),
            tail: Vec::new(),
            head_end: None,
            tail_start: None,
        }
    }

    fn get(&self, index: usize) -> Option<&T> {
        self.head
            .get(index)
            .or_else(|| self.tail.get(self.total.checked_sub(index + 1)?))
    }

    fn add(&mut self, slice: Slice<T>, want: Want) {
        if want == Want::Fresh {
            *self = Self::new();
            self.version = Some(slice.version);
        }
        self.total = usize::try_from(slice.total).unwrap_or(0);
        if want == Want::Up {
            self.tail_start = slice.page_info.start_cursor;
            self.tail.extend(slice.nodes.into_iter().rev());
        } else {
            self.head_end = slice.page_info.end_cursor;
            self.head.extend(slice.nodes);
            if !slice.page_info.has_next_page {
                // The list is as long as what has come, whatever was counted before.
                self.total = self.head.len();
            }
        }
    }

    /// The page to ask for when the rows from `first` to before `last` are wanted: from the nearer end. Nothing
    /// when they are all there.
    fn missing(&self, first: usize, last: usize) -> Option<(PageArguments, Want)> {
        let (have, until) = (self.head.len(), self.total.saturating_sub(self.tail.len()));
        let (first, last) = (first.max(have), last.min(until));
        if first >= last {
            return None;
        }
        let (down, up) = (last - have, until - first);
        let backwards = up < down;
        let far = down.min(up);
        let size = if far > LONG_PAGE { LONG_PAGE } else { PAGE };
        let size = i32::try_from(size.min(until - have)).ok();
        Some(if backwards {
            let page = PageArguments {
                last: size,
                before: self.tail_start.clone(),
                ..Default::default()
            };
            (page, Want::Up)
        } else {
            let page = PageArguments {
                first: size,
                after: self.head_end.clone(),
                ..Default::default()
            };
            (page, Want::Down)
        })
    }
}

/// What the parts that are the same for all lists know of one.
struct Source {
    /// The request for a page. Reactive.
    body: Box<dyn Fn(PageArguments) -> String>,
    /// Takes an answer into the cache.
    take: Box<dyn Fn(Value, Want) -> Result<Taken, ApiError>>,
    /// What to ask for next.
    missing: Missing,
}

/// What the list then has in all: its rows, and its data version.
type Taken = (usize, Option<i32>);

/// A page to ask for when the rows from the first to before the last are wanted.
type Missing = Box<dyn Fn(usize, usize) -> Option<(PageArguments, Want)>>;

/// The state the view follows.
#[derive(Clone, Copy)]
struct Feed {
    count: RwSignal<usize>,
    version: RwSignal<Option<i32>>,
    arrived: RwSignal<u32>,
    epoch: RwSignal<u32>,
    known: RwSignal<bool>,
    error: RwSignal<Option<ApiError>>,
    /// Whether an answer to changed variables is awaited.
    waiting: RwSignal<bool>,
    /// Which rows are near the reader.
    near: StoredValue<(usize, usize)>,
    /// Whether a page is on its way.
    busy: StoredValue<bool>,
    /// Counts the lists that were asked for; an answer for an older one is dropped.
    asked: StoredValue<u32>,
}

/// What a page is for.
#[derive(Clone, Copy, PartialEq)]
enum Want {
    /// To begin anew.
    Fresh,
    /// More from the first row on.
    Down,
    /// More from the last row back.
    Up,
}

/// A table over a whole connection, right for tens of thousands of rows. `ask` makes the operation for a page and
/// is asked anew when a signal it reads changes (filters and sort of the URL), `take` gets the page out of the
/// answer, `sorted` is the sort the headings show, and `nothing` says what to do when there are no rows. It comes after
/// what says that the mart has changed since, with a button that begins anew.
pub fn window_table<Q, V, T>(
    options: impl Fn() -> TableOptions<T> + Send + Sync + 'static,
    columns: Vec<Column<T>>,
    ask: impl Fn(PageArguments) -> Operation<Q, V> + 'static,
    take: fn(Q) -> Slice<T>,
    nothing: impl Fn() -> AnyView + Send + Sync + 'static,
) -> (AnyView, AnyView)
where
    Q: DeserializeOwned + 'static,
    V: Serialize + 'static,
    T: Send + Sync + 'static,
{
    let cache = StoredValue::new(Cache::<T>::new());
    let source = Source {
        body: Box::new(move |page| body(&ask(page))),
        take: Box::new(move |answer, want| {
            let slice = take(decode(answer)?);
            Ok(cache
                .try_update_value(|cache| {
                    cache.add(slice, want);
                    (cache.total, cache.version)
                })
                .unwrap_or_default())
        }),
        missing: Box::new(move |first, last| {
            cache.try_with_value(|cache| cache.missing(first, last))?
        }),
    };
    let columns = StoredValue::new(columns);
    let TableOptions { caption, mark, .. } = untrack(&options);
    let head = move || columns.with_value(|columns| headings(columns, options().sorted.as_ref()));
    let row = move |index: usize, place: usize| {
        cache.with_value(|cache| {
            let row = cache.get(index)?;
            Some(columns.with_value(|columns| line(columns, mark, row, Some(place))))
        })
    };
    show(
        caption,
        Box::new(head),
        Box::new(row),
        Rc::new(source),
        Box::new(nothing),
    )
}

fn show(
    caption: &'static str,
    head: Box<dyn Fn() -> Vec<AnyView> + Send + Sync>,
    row: Box<dyn Fn(usize, usize) -> Option<AnyView> + Send + Sync>,
    source: Rc<Source>,
    nothing: Box<dyn Fn() -> AnyView + Send + Sync>,
) -> (AnyView, AnyView) {
    let session = expect_context::<Session>();
    let again = RwSignal::new(0);
    let begun = RwSignal::new(String::new());
    if let Some(asked) = use_context::<Asked>() {
        asked.follow(begun);
    }
    let feed = Feed {
        count: RwSignal::new(0),
        version: RwSignal::new(None),
        arrived: RwSignal::new(0),
        epoch: RwSignal::new(0),
        known: RwSignal::new(false),
        error: RwSignal::new(None),
        waiting: RwSignal::new(true),
        near: StoredValue::new((0, PAGE)),
        busy: StoredValue::new(false),
        asked: StoredValue::new(0),
    };
    let source = StoredValue::new_local(source);
    Effect::new(move |_| {
        again.track();
        let Some(source) = source.try_get_value() else {
            return;
        };
        let first = PageArguments {
            first: i32::try_from(PAGE).ok(),
            ..Default::default()
        };
        let body = (source.body)(first);
        begun.set(body.clone());
        feed.asked.update_value(|asked| *asked += 1);
        feed.waiting.set(true);
        spawn_local(fetch(feed, session, source, body, Want::Fresh));
    });
    let near = move |first, last| {
        feed.near.set_value((first, last));
        if let Some(source) = source.try_get_value() {
            next(feed, session, source);
        }
    };
    let table = StoredValue::new(Some(Rows {
        caption,
        head,
        count: feed.count.into(),
        row,
        arrived: feed.arrived.into(),
        epoch: feed.epoch.into(),
        near: Box::new(near),
        follow: None,
    }));
    let retry = move || again.update(|count| *count += 1);
    let empty = Memo::new(move |_| feed.known.get() && feed.count.get() == 0);
    let known = Memo::new(move |_| feed.known.get() || feed.error.with(Option::is_some));
    let drawn = rows_once(table);
    let table = view! {
        <div class="loaded" class:busy=move || feed.waiting.get() aria-busy=move || feed.waiting.get().to_string()>
            {move || feed.error.get().map(|error| failure(error, retry))}
            {move || (!known.get()).then(|| skeleton(12))}
            {move || empty.get().then(&nothing)}
            <div hidden=move || !feed.known.get() || empty.get()>{drawn}</div>
        </div>
    };
    (moved_on(feed.version.into(), again), table.into_any())
}

/// The table is drawn once and keeps its place while the lists behind it change.
fn rows_once(table: StoredValue<Option<Rows>>) -> Option<AnyView> {
    table.try_update_value(Option::take).flatten().map(rows)
}

/// Asks for the page that is missing near the reader, unless one is on its way.
fn next(feed: Feed, session: Session, source: Rc<Source>) {
    if feed.busy.try_get_value() != Some(false) || !feed.known.get_untracked() {
        return;
    }
    let (first, last) = feed.near.get_value();
    let Some((page, want)) = (source.missing)(first, last) else {
        return;
    };
    let body = untrack(|| (source.body)(page));
    spawn_local(fetch(feed, session, source, body, want));
}

/// Asks for one page; what came for a list that is no longer wanted is dropped.
async fn fetch(feed: Feed, session: Session, source: Rc<Source>, body: String, want: Want) {
    let mine = feed.asked.try_get_value();
    if mine.is_none() || feed.busy.try_set_value(true).is_some() {
        return;
    }
    let answer = post(body).await;
    if feed.asked.try_get_value() != mine {
        return;
    }
    session.note(answer.as_ref().err());
    let taken = answer.and_then(|answer| (source.take)(answer, want));
    feed.busy.set_value(false);
    feed.waiting.set(false);
    match taken {
        Ok((total, version)) => {
            feed.error.set(None);
            feed.known.set(true);
            feed.count.set(total);
            feed.version.set(version);
            if want == Want::Fresh {
                feed.epoch.update(|epoch| *epoch += 1);
            }
            feed.arrived.update(|arrived| *arrived += 1);
            next(feed, session, source);
        }
        Err(error) => feed.error.set(Some(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(nodes: std::ops::Range<i64>, total: i64) -> Slice<i64> {
        let page_info = PageInfo {
            has_previous_page: nodes.start > 0,
            has_next_page: nodes.end < total,
            start_cursor: Some(nodes.start.to_string()),
            end_cursor: Some(nodes.end.to_string()),
        };
        Slice {
            nodes: nodes.collect(),
            page_info,
            total,
            version: 1,
        }
    }

    #[test]
    fn rows_come_from_the_nearer_end() {
        let mut cache = Cache::new();
        cache.add(slice(0..100, 45_430), Want::Fresh);
        assert_eq!(
            cache.missing(0, 100).map(|(_, want)| want == Want::Up),
            None
        );
        let (page, want) = cache.missing(90, 150).expect("rows are missing");
        assert!(want == Want::Down);
        assert_eq!(page.after.as_deref(), Some("100"));
        assert_eq!(page.first, Some(100));
        let (page, want) = cache.missing(45_400, 45_430).expect("rows are missing");
        assert!(want == Want::Up);
        assert_eq!((page.last, page.before), (Some(100), None));
        cache.add(slice(45_330..45_430, 45_430), Want::Up);
        assert_eq!(cache.get(45_429), Some(&45_429));
        assert_eq!(cache.get(45_330), Some(&45_330));
        assert_eq!(cache.get(45_329), None);
        let (page, _) = cache.missing(30_000, 30_040).expect("rows are missing");
        assert_eq!(page.last, Some(500));
        assert_eq!(page.before.as_deref(), Some("45330"));
    }

    #[test]
    fn the_ends_meet() {
        let mut cache = Cache::new();
        cache.add(slice(0..100, 150), Want::Fresh);
        let (page, _) = cache.missing(0, 150).expect("rows are missing");
        assert_eq!(page.first, Some(50));
        cache.add(slice(100..150, 150), Want::Down);
        assert!(cache.missing(0, 150).is_none());
        assert_eq!((0..150).filter_map(|i| cache.get(i)).count(), 150);
        cache.add(slice(0..10, 10), Want::Fresh);
        assert_eq!(cache.get(10), None);
    }
}

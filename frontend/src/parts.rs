//! The parts of the UI that are downloaded when a page of theirs is first visited. What several parts need is
//! downloaded with the first of them; what the frame, the sign-in or the dashboard need comes at once.
//!
//! A page's route names its entry here: `<Route path=path!("/runs") view={lazy::<run::RunList>()}/>`.

use leptos::prelude::*;
use leptos::wasm_split::SplitLoaderError;
use leptos_router::{Lazy, LazyRoute};

use crate::api::transport::{ApiError, NETWORK};
use crate::components::state::failure;

/// A page of a part as a route's view.
pub fn lazy<P: LazyRoute>() -> Lazy<P> {
    Lazy::new()
}

/// A part: its name, and its pages with the components that draw them.
macro_rules! part {
    ($part:ident { $($page:ident: $path:path),* $(,)? }) => {
        #[allow(missing_docs)]
        pub mod $part {
            use super::*;

            // Pages are called as their types are.
            #[allow(clippy::enum_variant_names)]
            #[derive(Clone, Copy)]
            enum Page { $($page),* }

            #[leptos::wasm_split::wasm_split($part, wasm_split_path = ::leptos::wasm_split, fallible)]
            fn show(page: Page) -> Result<AnyView, SplitLoaderError> {
                Ok(match page { $(Page::$page => $path().into_any()),* })
            }

            $(
                pub struct $page;

                impl LazyRoute for $page {
                    fn data() -> Self {
                        Self
                    }

                    async fn view(_: Self) -> AnyView {
                        show(Page::$page).await.unwrap_or_else(|_| absent())
                    }
                }
            )*
        }
    };
}

/// What stands in place of a part that could not be fetched.
fn absent() -> AnyView {
    let error = ApiError {
        code: NETWORK.into(),
        message: "This part of the page could not be fetched.".into(),
    };
    failure(error, || {
        let _ = window().location().reload();
    })
}

part!(runs {
    RunList: crate::pages::run::list::RunList,
});
part!(run {
    RunDetail: crate::pages::run::detail::RunDetail,
});
part!(compare {
    RunCompare: crate::pages::run::compare::RunCompare,
});
part!(backfill {
    BackfillList: crate::pages::backfill::list::BackfillList,
    BackfillDetail: crate::pages::backfill::detail::BackfillDetail,
});
part!(file {
    FileList: crate::pages::file::list::FileList,
    FileDetail: crate::pages::file::detail::FileDetail,
    FormatList: crate::pages::file::format::FormatList,
});
part!(rule {
    RuleList: crate::pages::rule::list::RuleList,
    RuleDraft: crate::pages::rule::draft::RuleDraft,
    RuleCompare: crate::pages::rule::compare::RuleCompare,
    RuleDetail: crate::pages::rule::detail::RuleDetail,
});
part!(explore {
    CompanyList: crate::pages::company::list::CompanyList,
    CompanyDetail: crate::pages::company::detail::CompanyDetail,
    GenreList: crate::pages::genre::list::GenreList,
    GenreDetail: crate::pages::genre::detail::GenreDetail,
    MovieList: crate::pages::movie::list::MovieList,
    MovieDetail: crate::pages::movie::detail::MovieDetail,
});
part!(admin {
    AuditList: crate::pages::audit::list::AuditList,
    AuditDetail: crate::pages::audit::detail::AuditDetail,
    Users: crate::pages::user::Users,
    UserDetail: crate::pages::user::detail::UserDetail,
    TokenList: crate::pages::token::TokenList,
    SystemPage: crate::pages::system::SystemPage,
    Account: crate::pages::account::Account,
});

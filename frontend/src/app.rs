//! The routes.

use leptos::prelude::*;
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::path;

use crate::api::live;
use crate::api::session::Session;
use crate::components::guard::guard_history;
use crate::components::layout::Frame;
use crate::components::time::Clock;
use crate::pages::console::Console;
use crate::pages::dashboard::Dashboard;
use crate::pages::file::queue::Uploads;
use crate::pages::login::Login;
use crate::pages::missing::Missing;
use crate::parts::{admin, backfill, compare, explore, file, lazy, rule, run, runs};

/// The whole app.
#[component]
pub fn App() -> impl IntoView {
    let session = Session::new();
    provide_context(session);
    provide_context(Uploads::new(session));
    live::start(session);
    provide_context(Clock::start());
    guard_history();
    view! {
        <Router>
            <Routes fallback=Missing>
                <Route path=path!("/login") view=Login/>
                <ParentRoute path=path!("") view=Frame>
                    <Route path=path!("/") view=Dashboard/>
                    <Route path=path!("/runs") view={lazy::<runs::RunList>()}/>
                    <Route path=path!("/runs/compare") view={lazy::<compare::RunCompare>()}/>
                    <Route path=path!("/runs/:id") view={lazy::<run::RunDetail>()}/>
                    <Route path=path!("/backfills") view={lazy::<backfill::BackfillList>()}/>
                    <Route path=path!("/backfills/:id") view={lazy::<backfill::BackfillDetail>()}/>
                    <Route path=path!("/files") view={lazy::<file::FileList>()}/>
                    <Route path=path!("/files/formats") view={lazy::<file::FormatList>()}/>
                    <Route path=path!("/files/:sha256") view={lazy::<file::FileDetail>()}/>
                    <Route path=path!("/rules") view={lazy::<rule::RuleList>()}/>
                    <Route path=path!("/rules/new") view={lazy::<rule::RuleDraft>()}/>
                    <Route path=path!("/rules/compare") view={lazy::<rule::RuleCompare>()}/>
                    <Route path=path!("/rules/:version") view={lazy::<rule::RuleDetail>()}/>
                    <Route path=path!("/companies") view={lazy::<explore::CompanyList>()}/>
                    <Route path=path!("/companies/:id") view={lazy::<explore::CompanyDetail>()}/>
                    <Route path=path!("/genres") view={lazy::<explore::GenreList>()}/>
                    <Route path=path!("/genres/:id") view={lazy::<explore::GenreDetail>()}/>
                    <Route path=path!("/movies") view={lazy::<explore::MovieList>()}/>
                    <Route path=path!("/movies/:id") view={lazy::<explore::MovieDetail>()}/>
                    <Route path=path!("/console") view=Console/>
                    <Route path=path!("/audit") view={lazy::<admin::AuditList>()}/>
                    <Route path=path!("/audit/:id") view={lazy::<admin::AuditDetail>()}/>
                    <Route path=path!("/users") view={lazy::<admin::Users>()}/>
                    <Route path=path!("/users/:name") view={lazy::<admin::UserDetail>()}/>
                    <Route path=path!("/tokens") view={lazy::<admin::TokenList>()}/>
                    <Route path=path!("/system") view={lazy::<admin::SystemPage>()}/>
                    <Route path=path!("/account") view={lazy::<admin::Account>()}/>
                    <Route path=path!("/*any") view=Missing/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

//! The routes.

use leptos::prelude::*;
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::path;

use crate::api::live;
use crate::api::session::Session;
use crate::components::layout::Frame;
use crate::components::time::Clock;
use crate::pages::account::Account;
use crate::pages::audit::{detail::AuditDetail, list::AuditList};
use crate::pages::company::{detail::CompanyDetail, list::CompanyList};
use crate::pages::dashboard::Dashboard;
use crate::pages::file::{detail::FileDetail, list::FileList};
use crate::pages::genre::{detail::GenreDetail, list::GenreList};
use crate::pages::login::Login;
use crate::pages::missing::Missing;
use crate::pages::movie::{detail::MovieDetail, list::MovieList};
use crate::pages::run::{detail::RunDetail, list::RunList};
use crate::pages::system::SystemPage;
use crate::pages::token::TokenList;
use crate::pages::user::{Users, detail::UserDetail};

/// The whole app.
#[component]
pub fn App() -> impl IntoView {
    let session = Session::new();
    provide_context(session);
    live::start(session);
    provide_context(Clock::start());
    view! {
        <Router>
            <Routes fallback=Missing>
                <Route path=path!("/login") view=Login/>
                <ParentRoute path=path!("") view=Frame>
                    <Route path=path!("/") view=Dashboard/>
                    <Route path=path!("/runs") view=RunList/>
                    <Route path=path!("/runs/:id") view=RunDetail/>
                    <Route path=path!("/files") view=FileList/>
                    <Route path=path!("/files/:sha256") view=FileDetail/>
                    <Route path=path!("/companies") view=CompanyList/>
                    <Route path=path!("/companies/:id") view=CompanyDetail/>
                    <Route path=path!("/genres") view=GenreList/>
                    <Route path=path!("/genres/:id") view=GenreDetail/>
                    <Route path=path!("/movies") view=MovieList/>
                    <Route path=path!("/movies/:id") view=MovieDetail/>
                    <Route path=path!("/audit") view=AuditList/>
                    <Route path=path!("/audit/:id") view=AuditDetail/>
                    <Route path=path!("/users") view=Users/>
                    <Route path=path!("/users/:name") view=UserDetail/>
                    <Route path=path!("/tokens") view=TokenList/>
                    <Route path=path!("/system") view=SystemPage/>
                    <Route path=path!("/account") view=Account/>
                    <Route path=path!("/*any") view=Missing/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

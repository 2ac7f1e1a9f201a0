//! The routes.

use leptos::prelude::*;
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::path;

use crate::api::live;
use crate::api::session::Session;
use crate::components::layout::Frame;
use crate::components::time::Clock;
use crate::pages::company::{detail::CompanyDetail, list::CompanyList};
use crate::pages::dashboard::Dashboard;
use crate::pages::file::{detail::FileDetail, format::FormatList, list::FileList, queue::Uploads};
use crate::pages::genre::{detail::GenreDetail, list::GenreList};
use crate::pages::login::Login;
use crate::pages::missing::Missing;
use crate::pages::movie::{detail::MovieDetail, list::MovieList};
use crate::pages::rule::{
    compare::RuleCompare, detail::RuleDetail, draft::RuleDraft, list::RuleList,
};
use crate::pages::run::{detail::RunDetail, list::RunList};

/// The whole app.
#[component]
pub fn App() -> impl IntoView {
    let session = Session::new();
    provide_context(session);
    provide_context(Uploads::new(session));
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
                    <Route path=path!("/files/formats") view=FormatList/>
                    <Route path=path!("/files/:sha256") view=FileDetail/>
                    <Route path=path!("/rules") view=RuleList/>
                    <Route path=path!("/rules/new") view=RuleDraft/>
                    <Route path=path!("/rules/compare") view=RuleCompare/>
                    <Route path=path!("/rules/:version") view=RuleDetail/>
                    <Route path=path!("/companies") view=CompanyList/>
                    <Route path=path!("/companies/:id") view=CompanyDetail/>
                    <Route path=path!("/genres") view=GenreList/>
                    <Route path=path!("/genres/:id") view=GenreDetail/>
                    <Route path=path!("/movies") view=MovieList/>
                    <Route path=path!("/movies/:id") view=MovieDetail/>
                    <Route path=path!("/*any") view=Missing/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

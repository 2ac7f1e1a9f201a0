//! Sign-ins that hold, one's own or another user's, each with a way to end it.

use cynic::{MutationBuilder, QueryBuilder};
use leptos::prelude::*;

use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::api::transport::send;
use crate::components::dialog::{Question, confirm};
use crate::components::state::{empty, loaded};
use crate::components::time::{ahead, since};
use crate::components::toast::toast;
use crate::components::value::text;

#[derive(cynic::QueryVariables)]
struct Variables {
    user: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Session")]
struct SignIn {
    id: cynic::Id,
    created_at: String,
    expires_at: String,
    address: Option<String>,
    current: bool,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct SessionsQuery {
    #[arguments(user: $user)]
    sessions: Vec<SignIn>,
}

#[derive(cynic::QueryVariables)]
struct EndVariables {
    id: cynic::Id,
    user: Option<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "EndVariables")]
struct End {
    #[arguments(id: $id, user: $user)]
    #[expect(dead_code, reason = "that there is an answer says that it is done")]
    end_session: bool,
}

/// The table; without a name the reader's own sessions.
pub fn list(user: Option<String>) -> AnyView {
    let whose = user.clone();
    let query = use_query(
        move || {
            SessionsQuery::build(Variables {
                user: whose.clone(),
            })
        },
        once,
    );
    let asking = RwSignal::new(false);
    let chosen = RwSignal::new(None::<cynic::Id>);
    let question = Question {
        title: "End this session?".into(),
        verb: "End session",
        danger: true,
    };
    let end = move || {
        let (id, user) = (chosen.get_untracked(), user.clone());
        async move {
            if let Some(id) = id {
                send(End::build(EndVariables { id, user })).await?;
                toast("The session has ended");
                query.again.update(|count| *count += 1);
            }
            Ok(())
        }
    };
    let details = || "Whoever uses it has to sign in again.".into_any();
    view! {
        {loaded(query, 3, move |data: SessionsQuery| {
            if data.sessions.is_empty() {
                return empty("Nobody is signed in", "There is no session of this user that holds.");
            }
            let rows = data.sessions.into_iter().map(|session| row(session, chosen, asking));
            view! {
                <div class="table" role="region" tabindex="0" aria-label="Sessions">
                    <table>
                        <caption class="sr">"Sessions"</caption>
                        <thead><tr>
                            <th scope="col">"Signed in"</th>
                            <th scope="col">"From"</th>
                            <th scope="col">"Ends by itself"</th>
                            <th scope="col"><span class="sr">"Action"</span></th>
                        </tr></thead>
                        <tbody>{rows.collect_view()}</tbody>
                    </table>
                </div>
            }
            .into_any()
        })}
        {confirm(asking, question, details, end)}
    }
    .into_any()
}

fn row(session: SignIn, chosen: RwSignal<Option<cynic::Id>>, asking: RwSignal<bool>) -> AnyView {
    let id = session.id.clone();
    let ask = move |_| {
        chosen.set(Some(id.clone()));
        asking.set(true);
    };
    let action = match session.current {
        true => view! { <span class="chip live">"this one"</span> }.into_any(),
        false => {
            view! { <button type="button" class="button" on:click=ask>"End"</button> }.into_any()
        }
    };
    view! {
        <tr data-session=session.id.inner().to_owned()>
            <th scope="row">{since(session.created_at)}</th>
            <td>{text(session.address)}</td>
            <td>{ahead(session.expires_at)}</td>
            <td class="number">{action}</td>
        </tr>
    }
    .into_any()
}

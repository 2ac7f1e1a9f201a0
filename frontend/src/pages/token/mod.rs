//! API tokens: what programs show instead of a password.

mod create;

use cynic::{MutationBuilder, QueryBuilder};
use leptos::prelude::*;

use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::send;
use crate::components::copy::copy_graphql;
use crate::components::dialog::{Question, confirm};
use crate::components::field::filter_check;
use crate::components::layout::{heading, title};
use crate::components::list::ListState;
use crate::components::period::DAY;
use crate::components::state::{empty, loaded};
use crate::components::time::{Clock, ahead, millis, since, since_or_unknown};
use crate::components::toast::toast;

/// Days before its end from which a token is marked.
const SOON: f64 = 14.0;

/// A token without its secret.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
struct ApiToken {
    id: cynic::Id,
    name: String,
    owner: String,
    role: String,
    created_at: String,
    expires_at: String,
    last_used_at: Option<String>,
    revoked_at: Option<String>,
}

#[derive(cynic::QueryVariables)]
struct Variables {
    all: bool,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct TokensQuery {
    #[arguments(all: $all)]
    tokens: Vec<ApiToken>,
}

#[derive(cynic::QueryVariables)]
struct RevokeVariables {
    id: cynic::Id,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "RevokeVariables")]
struct Revoke {
    #[arguments(id: $id)]
    revoke_token: ApiToken,
}

/// How a token stands at an instant, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Standing {
    Holds,
    EndsSoon,
    Expired,
    Revoked,
}

fn standing(now: f64, expires: f64, revoked: bool) -> Standing {
    match expires - now {
        _ if revoked => Standing::Revoked,
        left if left <= 0.0 => Standing::Expired,
        left if left < SOON * DAY => Standing::EndsSoon,
        _ => Standing::Holds,
    }
}

/// The page of tokens: one's own, or everybody's.
#[component]
pub fn TokenList() -> impl IntoView {
    title(|| "Tokens".into());
    let state = ListState::here();
    let session = expect_context::<Session>();
    let everybody = Memo::new(move |_| state.get("all").is_some() && session.may("user.manage"));
    let query = use_query(
        move || {
            TokensQuery::build(Variables {
                all: everybody.get(),
            })
        },
        once,
    );
    let asking = RwSignal::new(false);
    let chosen = RwSignal::new(None::<ApiToken>);
    let revoke = move || {
        let token = chosen.get_untracked();
        async move {
            if let Some(token) = token {
                let answer = send(Revoke::build(RevokeVariables { id: token.id })).await?;
                toast(format!(
                    "The token {} no longer holds",
                    answer.revoke_token.name
                ));
                query.again.update(|count| *count += 1);
            }
            Ok(())
        }
    };
    let question = Question {
        title: "Revoke this token?".into(),
        verb: "Revoke",
        danger: true,
    };
    let details = move || {
        let name = chosen.with_untracked(|token| {
            token
                .as_ref()
                .map(|token| format!("{} of {}", token.name, token.owner))
        });
        view! { <p>"Programs that show "<b>{name}</b>" are refused from now on. It cannot be taken back."</p> }
            .into_any()
    };
    let side = view! { {copy_graphql(query)} {create::button(query.again)} };
    view! {
        {heading(&[], "Tokens", side)}
        <div class="controls">
            <p class="quiet">"Programs show a token instead of a password. It may do what both its role and its owner may."</p>
            {move || session.may("user.manage").then(|| filter_check("Everybody's tokens", "all"))}
        </div>
        {loaded(query, 6, move |data: TokensQuery| {
            if data.tokens.is_empty() {
                return empty("No tokens yet", "Make one with “New token” for a script, a notebook or another service.");
            }
            listed(data.tokens, chosen, asking)
        })}
        {confirm(asking, question, details, revoke)}
    }
}

fn listed(
    tokens: Vec<ApiToken>,
    chosen: RwSignal<Option<ApiToken>>,
    asking: RwSignal<bool>,
) -> AnyView {
    let rows = tokens
        .into_iter()
        .map(|token| row(token, chosen, asking))
        .collect_view();
    view! {
        <div class="table" role="region" tabindex="0" aria-label="Tokens">
            <table>
                <caption class="sr">"Tokens"</caption>
                <thead><tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="wide">"Owner"</th>
                    <th scope="col" class="wide">"Role"</th>
                    <th scope="col" class="wide">"Last used"</th>
                    <th scope="col">"Expires"</th>
                    <th scope="col" class="wide">"Created"</th>
                    <th scope="col"><span class="sr">"Action"</span></th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(token: ApiToken, chosen: RwSignal<Option<ApiToken>>, asking: RwSignal<bool>) -> AnyView {
    let clock = expect_context::<Clock>();
    let (expires, revoked) = (millis(&token.expires_at), token.revoked_at.is_some());
    let now = Memo::new(move |_| standing(clock.now(), expires, revoked));
    let kept = token.clone();
    let action = move || {
        let kept = kept.clone();
        matches!(now.get(), Standing::Holds | Standing::EndsSoon).then(|| {
            let name = format!("Revoke {}", kept.name);
            let ask = move |_| {
                chosen.set(Some(kept.clone()));
                asking.set(true);
            };
            view! { <button type="button" class="button" aria-label=name on:click=ask>"Revoke"</button> }
        })
    };
    let chip = move || {
        let (tone, words) = match now.get() {
            Standing::Holds => ("good", "holds"),
            Standing::EndsSoon => ("warn", "expires soon"),
            Standing::Expired => ("still", "expired"),
            Standing::Revoked => ("still", "revoked"),
        };
        view! { <span class=format!("chip {tone}")>{words}</span> }
    };
    view! {
        <tr data-token=token.name.clone()>
            <th scope="row" data-field="name">{token.name.clone()}</th>
            <td data-field="state">{chip}</td>
            <td class="wide">{token.owner}</td>
            <td class="wide">{token.role}</td>
            <td class="wide">{since_or_unknown(token.last_used_at)}</td>
            <td>{ahead(token.expires_at)}</td>
            <td class="wide">{since(token.created_at)}</td>
            <td class="number">{action}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_marked_before_it_ends() {
        let check = |left, revoked, expected| {
            assert_eq!(standing(1e12, 1e12 + left * DAY, revoked), expected);
        };
        check(15.0, false, Standing::Holds);
        check(13.0, false, Standing::EndsSoon);
        check(0.0, false, Standing::Expired);
        check(-3.0, true, Standing::Revoked);
    }
}

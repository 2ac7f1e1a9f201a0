//! What companion files say of a movie: keywords, ratings, who plays in it and who made it.

use cynic::QueryBuilder;
use leptos::prelude::*;

use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::copy::copy_graphql;
use crate::components::layout::section;
use crate::components::past::Past;
use crate::components::state::loaded;
use crate::components::value::{decimal, unknown, whole};
use crate::format::plural;

#[derive(cynic::QueryVariables)]
struct Variables {
    id: cynic::Id,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Keyword {
    name: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct CastMember {
    name: String,
    character: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct CrewMember {
    name: String,
    job: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Ratings {
    count: i64,
    average: f64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Movie")]
struct Companions {
    keywords: Vec<Keyword>,
    ratings: Option<Ratings>,
    cast: Vec<CastMember>,
    crew: Vec<CrewMember>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct CompanionsQuery {
    #[arguments(id: $id)]
    movie: Option<Companions>,
}

/// People shown before "all".
const FEW: usize = 12;

/// The section of what companion files say, which is not kept of the past.
pub fn people(id: Memo<String>) -> AnyView {
    let past = expect_context::<Past>();
    let content = move || {
        if past.version().is_some() {
            return view! {
                <p class="quiet">
                    "Left out: keywords, cast, crew and ratings are kept only as they are now, not of the past."
                </p>
            }
            .into_any();
        }
        let query = use_query(
            move || {
                CompanionsQuery::build(Variables {
                    id: cynic::Id::new(id.get()),
                })
            },
            once,
        );
        view! {
            {loaded(query, 4, |data: CompanionsQuery| data.movie.map(said))}
            <div class="controls"><span class="tools">{copy_graphql(query)}</span></div>
        }
        .into_any()
    };
    section("Keywords, ratings and people", content)
}

fn said(movie: Companions) -> AnyView {
    let keywords: Vec<_> = movie
        .keywords
        .iter()
        .map(|keyword| view! { <li class="tag">{keyword.name.clone()}</li> })
        .collect();
    let keywords = if keywords.is_empty() {
        unknown()
    } else {
        view! { <ul class="tags">{keywords}</ul> }.into_any()
    };
    let ratings = movie.ratings.map_or_else(unknown, |ratings| {
        let count = plural(ratings.count, &whole(ratings.count), "rating", "ratings");
        format!("{} of 5 from {count}", decimal(ratings.average)).into_any()
    });
    let cast = movie
        .cast
        .into_iter()
        .map(|member| (member.name, member.character));
    let crew = movie
        .crew
        .into_iter()
        .map(|member| (member.name, member.job));
    view! {
        <dl class="facts people">
            <div class="span"><dt>"Keywords"</dt><dd>{keywords}</dd></div>
            <div class="span"><dt>"MovieLens ratings"</dt><dd>{ratings}</dd></div>
            <div class="span"><dt>"Cast"</dt><dd>{persons(cast.collect())}</dd></div>
            <div class="span"><dt>"Crew"</dt><dd>{persons(crew.collect())}</dd></div>
        </dl>
    }
    .into_any()
}

fn persons(persons: Vec<(String, Option<String>)>) -> AnyView {
    if persons.is_empty() {
        return unknown();
    }
    let line = |(name, part): &(String, Option<String>)| {
        let part = part.clone().filter(|part| !part.is_empty());
        view! { <li>{name.clone()} {part.map(|part| view! { <span class="quiet">" " {part}</span> })}</li> }
    };
    let few = persons.iter().take(FEW).map(line).collect_view();
    let rest = (persons.len() > FEW).then(|| {
        let rest = persons.iter().skip(FEW).map(line).collect_view();
        let count = whole((persons.len() - FEW) as i64);
        view! { <details class="more"><summary>{format!("{count} more")}</summary><ul class="persons">{rest}</ul></details> }
    });
    view! { <ul class="persons">{few}</ul> {rest} }.into_any()
}

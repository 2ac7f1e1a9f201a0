//! The OpenAPI description: its frame, and what all operations have in common.

use super::{
    ROOT,
    caller::caller,
    problem::{self, Problem, ProblemBody},
};
use crate::{
    app::App,
    auth::{Client, Permission, session},
    fresh::VERSION,
};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use std::sync::LazyLock;
use utoipa::{
    OpenApi,
    openapi::{
        self, Content, HeaderBuilder, ObjectBuilder, Paths, Ref, RefOr, Response as Described,
        ResponseBuilder, Server,
        path::{HttpMethod, Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
        schema::{SchemaType, Type},
        security::{
            ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
        },
    },
};

/// What every operation may answer besides what it is for.
const REFUSALS: [(&str, &str); 9] = [
    ("400", "A parameter is unknown, or its value cannot be used"),
    ("401", "Sign in first, or send a token"),
    ("403", "A permission is missing"),
    ("404", "There is no such thing"),
    ("406", "Neither media type of the answer is accepted"),
    ("429", "Too much at once"),
    ("500", "Something went wrong on the server"),
    (
        "503",
        "The database does not answer, or changes all the time",
    ),
    ("504", "It took too long"),
];

/// The description without operations.
pub fn frame() -> openapi::OpenApi {
    #[derive(OpenApi)]
    #[openapi(
        info(
            title = "Marquee",
            description = "What the movie data mart holds, and files in and out. Every answer is JSON, or CSV with \
                           `Accept: text/csv` or `.csv` behind the address: of a list the whole of it, as a stream. \
                           Money is in whole US dollars; null, in CSV an empty cell, where it is unknown."
        ),
        components(schemas(ProblemBody)),
        tags(
            (name = "company", description = "Production companies"),
            (name = "genre", description = "Genres"),
            (name = "movie", description = "Movies"),
            (name = "year", description = "Years"),
            (name = "run", description = "What runs have found and written"),
            (name = "file", description = "Files in and out"),
            (name = "description", description = "This description"),
        )
    )]
    struct Frame;
    let mut frame = Frame::openapi();
    frame.servers = Some(vec![Server::new(ROOT)]);
    let components = frame.components.get_or_insert_default();
    let cookie = ApiKeyValue::with_description(
        session::COOKIE,
        "What the mutation `login` of the GraphQL API sets",
    );
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API token"));
    components.add_security_scheme("token", SecurityScheme::Http(bearer.build()));
    let none: [&str; 0] = [];
    frame.security = Some(vec![
        SecurityRequirement::new("session", none),
        SecurityRequirement::new("token", none),
    ]);
    frame
}

/// Adds what all operations have in common, and the addresses that end with `.csv`.
pub fn complete(mut document: openapi::OpenApi) -> openapi::OpenApi {
    let mut paths = Paths::new();
    for (path, mut item) in std::mem::take(&mut document.paths.paths) {
        for operation in operations(&mut item) {
            refusals(operation);
            given_or_not(operation);
        }
        if let Some(operation) = item.get.as_mut()
            && is_data(operation)
        {
            data(operation);
            if !path.ends_with('}') {
                let csv = PathItem::new(HttpMethod::Get, csv(operation.clone()));
                paths.paths.insert(format!("{path}.csv"), csv);
            }
        }
        paths.paths.insert(path, item);
    }
    document.paths = paths;
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let methods = [
        &mut item.get,
        &mut item.put,
        &mut item.delete,
        &mut item.head,
    ];
    methods.into_iter().flatten()
}

/// What may be left out of a request is not null where it is given.
fn given_or_not(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && let Some(RefOr::T(openapi::Schema::Object(schema))) = &mut parameter.schema
            && let SchemaType::Array(types) = &schema.schema_type
            && let [kind, Type::Null] | [Type::Null, kind] = types.as_slice()
        {
            schema.schema_type = SchemaType::Type(kind.clone());
        }
    }
}

fn refusals(operation: &mut Operation) {
    for (status, description) in REFUSALS {
        let responses = &mut operation.responses.responses;
        if !responses.contains_key(status) {
            responses.insert(status.to_owned(), RefOr::T(refusal(status, description)));
        }
    }
}

/// A response that is a problem.
pub fn refusal(status: &str, description: &str) -> Described {
    let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
    let response = ResponseBuilder::new()
        .description(description)
        .content(problem::MEDIA_TYPE, Content::new(Some(schema)));
    match status {
        "401" => response.header("WWW-Authenticate", text("How to say who asks")),
        "503" => response.header("Retry-After", text("Seconds after which to try again")),
        _ => response,
    }
    .build()
}

fn text(description: &str) -> openapi::Header {
    let schema = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    let header = HeaderBuilder::new()
        .schema(Some(schema))
        .description(Some(description));
    header.build()
}

/// Whether an operation is answered in JSON or CSV, of a data version.
fn is_data(operation: &Operation) -> bool {
    let found = operation.responses.responses.get("200");
    matches!(found, Some(RefOr::T(response)) if response.content.len() == 2)
}

/// Says of an operation that its answer has a tag and a data version, and that `If-None-Match` may be asked.
fn data(operation: &mut Operation) {
    let version = SchemaType::new(Type::Integer);
    let version = HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(version)))
        .description(Some("The state of the mart that the answer is of"))
        .build();
    let tagged = |response: &mut Described| {
        let tag = text("For `If-None-Match`");
        response.headers.insert("ETag".to_owned(), tag.into());
        let version = version.clone().into();
        response.headers.insert(VERSION.to_string(), version);
    };
    let responses = &mut operation.responses.responses;
    if let Some(RefOr::T(response)) = responses.get_mut("200") {
        tagged(response);
    }
    let mut unchanged = Described::new("The answer is still the one of this tag");
    tagged(&mut unchanged);
    responses.insert("304".to_owned(), RefOr::T(unchanged));
    let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    let parameter: Parameter = ParameterBuilder::new()
        .name("If-None-Match")
        .parameter_in(ParameterIn::Header)
        .required(openapi::Required::False)
        .description(Some("The `ETag` of an answer that is known"))
        .schema(Some(text))
        .build();
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(parameter.into());
}

/// The same operation in CSV only.
fn csv(mut operation: Operation) -> Operation {
    operation.operation_id = operation.operation_id.map(|id| format!("{id}Csv"));
    operation.summary = operation
        .summary
        .map(|summary| format!("{summary} As CSV."));
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") {
        response.content.retain(|kind, _| kind == "text/csv");
    }
    operation.responses.responses.remove("406");
    operation
}

static TEXT: LazyLock<String> =
    LazyLock::new(|| serde_json::to_string(&super::description()).unwrap_or_default());

/// This description.
#[utoipa::path(get, path = "/openapi.json", operation_id = "description", tag = "description", responses(
    (status = 200, description = "OpenAPI 3.1", body = Object, content_type = "application/json"),
))]
pub async fn show(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller(
        &app,
        (&headers, client),
        Permission::DataRead,
        "the description",
    )
    .await?;
    let head = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "private, no-cache"),
    ];
    Ok((head, TEXT.as_str()).into_response())
}

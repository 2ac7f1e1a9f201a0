//! From a request's text to an operation that may be executed.
//!
//! A text is looked at once: its size before it is parsed, what it asks for before it is validated, what it
//! reads before it is answered. What was found out is remembered by the text's hash.

use super::{
    error::Failure,
    limit::{self, Refused, Scale},
    mart::Types,
    persisted::{Allowed, Remembered},
};
use crate::{
    auth::{Permission, Viewer},
    config::Limits,
};
use anyhow::{Context, Result};
use async_graphql::{
    Request, Response, ServerError,
    parser::{
        parse_query,
        types::{ExecutableDocument, OperationDefinition, OperationType, Selection},
    },
};
use quick_cache::{Weighter, sync::Cache};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Bytes of texts whose operations are remembered, times what these take beside their text.
const KNOWN: u64 = 16 << 20;
/// About how many bytes an operation takes for one of its text.
const TIMES: u64 = 12;

/// An operation that was parsed and found to be within the limits.
pub struct Operation {
    /// The hash of the text and the operation's name.
    pub id: [u8; 32],
    /// What it does.
    pub kind: OperationType,
    /// Whether it reads nothing but what a data version holds.
    pub only_mart: bool,
    document: ExecutableDocument,
    /// Whether it only tries what would be, which is of no use to anybody once its asker has gone.
    pub only_tries: bool,
    /// Whether it only signs in or out, or asks who is signed in.
    only_sign_in: bool,
    /// Bytes of the text.
    length: usize,
}

#[derive(Clone)]
struct Weight;

impl Weighter<[u8; 32], Arc<Operation>> for Weight {
    fn weight(&self, _: &[u8; 32], operation: &Arc<Operation>) -> u64 {
        1024 + TIMES * operation.length as u64
    }
}

/// What is known of operations; one for an instance.
pub struct Operations {
    limits: Limits,
    types: Types,
    /// The schema's hash, so that answers of another one are never taken for this one's.
    pub schema: [u8; 32],
    known: Cache<[u8; 32], Arc<Operation>, Weight>,
    remembered: Remembered,
    allowed: Option<Allowed>,
    scale: Scale,
}

/// An operation that may be executed for whoever [`Operations::permit`] lets.
pub struct Opened {
    /// What it is.
    pub operation: Arc<Operation>,
    /// By which hash the client wants to ask for it from now on.
    hash: Option<String>,
}

impl Operations {
    /// Knows nothing yet but the limits and what is allowed.
    ///
    /// # Errors
    /// When what is allowed cannot be read.
    pub fn new(limits: &Limits) -> Result<Self> {
        let sdl = super::sdl();
        let allowed = limits.allowed.as_deref().map(Allowed::read).transpose();
        Ok(Self {
            types: Types::read(&sdl)?,
            schema: Sha256::digest(&sdl).into(),
            known: Cache::with_weighter(1024, KNOWN, Weight),
            remembered: Remembered::default(),
            allowed: allowed.context("MARQUEE_ALLOWED_OPERATIONS")?,
            scale: limit::scale(),
            limits: limits.clone(),
        })
    }

    /// Finds out what a request asks for; what asks for too much is refused.
    ///
    /// # Errors
    /// [`Failure`] says what is wrong with it, in the engine's words where the engine found it.
    pub fn open(&self, request: &mut Request) -> Result<Opened, ServerError> {
        let failed = Failure::of_request;
        let hash = self
            .remembered
            .resolve(request, self.allowed.as_ref())
            .map_err(failed)?;
        limit::check_variables(&self.limits, &request.variables)
            .map_err(|exceeded| failed(exceeded.into()))?;
        let id = id(&request.query, request.operation_name.as_deref());
        if let Some(operation) = self.known.get(&id) {
            return Ok(Opened { operation, hash });
        }
        limit::check_text(&self.limits, &request.query)
            .map_err(|exceeded| failed(exceeded.into()))?;
        let document = parse_query(&request.query).map_err(ServerError::from)?;
        limit::check_document(&self.limits, &document).map_err(|refused| {
            failed(match refused {
                Refused::Exceeded(exceeded) => exceeded.into(),
                Refused::Circular(name) => {
                    Failure::Input(format!("the fragment {name} contains itself"))
                }
            })
        })?;
        let operation = Arc::new(self.known_as(id, request, document));
        self.known.insert(id, operation.clone());
        Ok(Opened { operation, hash })
    }

    fn known_as(&self, id: [u8; 32], request: &Request, document: ExecutableDocument) -> Operation {
        let name = request.operation_name.as_deref();
        let asked = document
            .operations
            .iter()
            .find(|(found, _)| name.is_none() || name == found.map(|found| found.as_str()));
        // Where it is not clear which is asked for, the engine refuses; it must be no query till then.
        let one = document.operations.iter().len() == 1 || name.is_some();
        let asked = asked.filter(|_| one).map(|(_, asked)| &asked.node);
        let kind = asked.map_or(OperationType::Mutation, |asked| asked.ty);
        Operation {
            id,
            kind,
            only_mart: kind == OperationType::Query
                && asked.is_some_and(|asked| self.types.only_mart(&document, asked)),
            only_tries: asked.is_some_and(|asked| is_only_of(asked, &TRIES)),
            only_sign_in: asked.is_some_and(|asked| is_only_of(asked, &SIGN_IN)),
            length: request.query.len(),
            document,
        }
    }

    /// Lets a viewer, or nobody in particular, have an operation executed. Where only some are allowed, the
    /// others are for those whose roles allow any, and signing in is for everybody.
    ///
    /// # Errors
    /// [`Failure::NotAllowed`] when it is not allowed.
    pub fn permit(
        &self,
        opened: &Opened,
        request: &Request,
        viewer: Option<&Viewer>,
    ) -> Result<(), Failure> {
        let any = viewer.is_some_and(|viewer| viewer.permissions.contains(&Permission::QueryAny));
        if let Some(allowed) = &self.allowed
            && !(any || opened.operation.only_sign_in || allowed.contains(&request.query))
        {
            return Err(Failure::NotAllowed);
        }
        // A stranger has nothing to ask for again.
        if let (Some(hash), Some(_)) = (&opened.hash, viewer) {
            self.remembered.remember(hash.clone(), &request.query);
        }
        Ok(())
    }

    /// Gives a refusal of the engine's the figure it was refused for, where that was one.
    /// `asked` is what was asked for ([`again`]).
    pub async fn explain(&self, operation: &Operation, asked: &Request, response: &mut Response) {
        let engine = |error: &ServerError| error.source.is_none() && error.path.is_empty();
        if !response.errors.iter().any(engine) {
            return;
        }
        let found = limit::found_complexity(&self.scale, operation.prepare(again(asked))).await;
        let maximum = self.limits.complexity;
        if let Some(found) = found
            && let Err(exceeded) = limit::at_most("complexity", maximum, found)
        {
            response.errors = vec![Failure::from(exceeded).of_request()];
        }
    }
}

impl Operation {
    /// The request, so that it need not be parsed again.
    pub fn prepare(&self, mut request: Request) -> Request {
        request.set_parsed_query(self.document.clone());
        request
    }
}

/// A request for the same operation with the same variables.
pub fn again(request: &Request) -> Request {
    let mut again = Request::new("").variables(request.variables.clone());
    again.operation_name.clone_from(&request.operation_name);
    again
}

/// The hash by which an operation is known.
fn id(text: &str, name: Option<&str>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text);
    hash.update(name.map_or(String::new(), |name| format!("#{name}")));
    hash.finalize().into()
}

/// The fields that try something.
const TRIES: [&str; 2] = ["previewRules", "__typename"];
/// The fields that sign in and out, and tell who is signed in.
const SIGN_IN: [&str; 4] = ["login", "logout", "viewer", "__typename"];

fn is_only_of(operation: &OperationDefinition, fields: &[&str]) -> bool {
    let mut items = operation.selection_set.node.items.iter();
    items.all(|item| match &item.node {
        Selection::Field(field) => fields.contains(&field.node.name.node.as_str()),
        _ => false,
    })
}

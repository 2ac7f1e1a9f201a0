//! One socket: greeting, operations, signs of life, and its end.

use super::{
    Live,
    audience::Seat,
    protocol::{Closing, FromClient, FromServer, NAME},
};
use crate::{
    app::App,
    auth::{AccessError, Client, Proof, Viewer, viewer_of},
    graphql::{
        error::{Failure, finish},
        limit::Exceeded,
        load::Current,
        operation::{Operation, again},
        witness::{self, Attempts},
    },
};
use async_graphql::{
    Request, Response, ServerError, Value,
    parser::types::{OperationType, Selection},
};
use axum::{
    Extension,
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response as HttpResponse},
};
use futures::{
    StreamExt,
    stream::{AbortHandle, BoxStream, SelectAll, abortable, once},
};
use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

/// Most bytes of a client's message.
const MAX_MESSAGE: usize = 32 << 10;
/// Most bytes that are read to say that a message is too large.
const MAX_READ: usize = 2 * MAX_MESSAGE;
/// Bytes that each socket has ready for reading; a longer message takes more while it is read.
const READ_BUFFER: usize = 512;
/// Most bytes of an operation's id.
const MAX_ID: usize = 128;
/// How long the last frame may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Opens a socket.
pub async fn open(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> HttpResponse {
    let upgrade = upgrade
        .protocols([NAME])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(MAX_READ)
        .max_frame_size(MAX_READ);
    // Tools that name no protocol mean this one.
    if upgrade.selected_protocol().is_none() && upgrade.requested_protocols().next().is_some() {
        let message = "the protocol here is graphql-transport-ws\n";
        return (StatusCode::BAD_REQUEST, message).into_response();
    }
    let mut shown = HeaderMap::new();
    for name in [header::COOKIE, header::AUTHORIZATION] {
        for value in headers.get_all(&name) {
            shown.append(name.clone(), value.clone());
        }
    }
    let tracked = app.live.tasks.token();
    upgrade.on_upgrade(move |socket| async move {
        let live = app.live.clone();
        let talk = Box::new(Talk {
            socket,
            app,
            client,
            headers: shown,
            viewer: None,
            operations: HashMap::new(),
            results: SelectAll::new(),
        });
        talk.hold(live).await;
        drop(tracked);
    })
}

/// Why a talk is over.
enum End {
    /// The server closes the socket.
    Closed(Closing),
    /// The client has closed it, or does not read.
    Gone,
}

impl From<Closing> for End {
    fn from(closing: Closing) -> Self {
        Self::Closed(closing)
    }
}

/// Results of an operation; nothing marks its end.
type Results = BoxStream<'static, (Arc<str>, Option<Response>)>;

/// What is said over one socket.
struct Talk {
    socket: WebSocket,
    app: App,
    client: Client,
    headers: HeaderMap,
    /// Who is signed in.
    viewer: Option<Arc<Viewer>>,
    /// How to end each operation, by the client's id for it.
    operations: HashMap<Arc<str>, AbortHandle>,
    results: SelectAll<Results>,
}

impl Talk {
    /// Talks until one of both ends it.
    async fn hold(mut self: Box<Self>, live: Live) {
        let end = match live.audience.enter() {
            Ok(mut seat) => self.talk(&live, &mut seat).await,
            Err(full) => Err(full.into()),
        };
        if let Err(End::Closed(closing)) = end {
            let frame = CloseFrame {
                code: closing.code,
                reason: closing.reason.into(),
            };
            let farewell = async {
                // Whoever has gone already hears nothing of it.
                let _ = self.socket.send(Message::Close(Some(frame))).await;
                while let Some(Ok(_)) = self.socket.recv().await {}
            };
            let _ = Box::pin(timeout(FAREWELL, farewell)).await;
        }
    }

    async fn talk(&mut self, live: &Live, seat: &mut Seat) -> Result<Infallible, End> {
        let begun = Instant::now();
        let (mut heard, mut pinged) = (begun, begun);
        loop {
            let next = match seat.is_signed_in() {
                false => begun + live.limits.greeting,
                true => pinged + live.limits.ping,
            };
            tokio::select! {
                () = live.shutdown.cancelled() => return Err(Closing::STOPPING.into()),
                closing = seat.closing() => return Err(closing.into()),
                message = self.socket.recv() => {
                    heard = Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) if text.len() > MAX_MESSAGE => {
                            return Err(Closing::TOO_LARGE.into());
                        }
                        Some(Ok(Message::Text(text))) => {
                            // Boxed, as what follows is: an idle socket has no room for it.
                            Box::pin(self.hear(live, seat, &text)).await?;
                        }
                        Some(Ok(Message::Binary(_))) => return Err(Closing::INVALID.into()),
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
                    }
                }
                Some((id, result)) = self.results.next() => Box::pin(self.tell(live, &id, result)).await?,
                () = tokio::time::sleep_until(next) => {
                    if !seat.is_signed_in() {
                        return Err(Closing::INIT_TIMEOUT.into());
                    }
                    if heard + live.limits.ping * 2 < Instant::now() {
                        return Err(Closing::SILENT.into());
                    }
                    pinged = Instant::now();
                    Box::pin(self.send(live, Message::Ping(Default::default()))).await?;
                }
            }
        }
    }

    async fn hear(&mut self, live: &Live, seat: &mut Seat, text: &str) -> Result<(), End> {
        let message = serde_json::from_str(text).map_err(|_| Closing::INVALID)?;
        match message {
            FromClient::ConnectionInit { payload } => {
                if seat.is_signed_in() {
                    return Err(Closing::SECOND_INIT.into());
                }
                self.sign_in(seat, payload).await?;
                self.say(live, &FromServer::ConnectionAck).await
            }
            FromClient::Ping {} => self.say(live, &FromServer::Pong).await,
            FromClient::Pong {} => Ok(()),
            FromClient::Subscribe { id, payload } => {
                let Some(viewer) = self.viewer.clone() else {
                    return Err(Closing::NO_INIT.into());
                };
                if id.len() > MAX_ID {
                    return Err(Closing::LONG_ID.into());
                }
                if self.operations.contains_key(id.as_str()) {
                    return Err(Closing::USED_ID.into());
                }
                let most = live.limits.subscriptions;
                let begun = match self.operations.len() < most {
                    true => self.subscribe(&id, *payload, &viewer),
                    false => Err(Failure::Busy(too_many(most)).of_request()),
                };
                match begun {
                    Ok(()) => Ok(()),
                    Err(refusal) => {
                        self.fail(live, &id, Response::from_errors(vec![refusal]))
                            .await
                    }
                }
            }
            FromClient::Complete { id } => {
                // One that has just ended by itself is not known any more.
                if let Some(operation) = self.operations.remove(id.as_str()) {
                    operation.abort();
                }
                Ok(())
            }
        }
    }

    async fn sign_in(
        &mut self,
        seat: &mut Seat,
        payload: Option<serde_json::Value>,
    ) -> Result<(), End> {
        let given = payload.as_ref().and_then(serde_json::Value::as_object);
        let authorization = given.into_iter().flatten().find_map(|(name, value)| {
            name.eq_ignore_ascii_case("authorization")
                .then(|| value.as_str())?
        });
        if let Some(value) = authorization {
            let value = HeaderValue::from_str(value).map_err(|_| Closing::UNAUTHENTICATED)?;
            self.headers.insert(header::AUTHORIZATION, value);
        }
        let proof = Proof::of(&self.headers);
        let found = viewer_of(&self.app.services.access, &self.headers, self.client).await;
        self.headers = HeaderMap::new();
        let found = found.map_err(|error| match error {
            AccessError::TooSoon { .. } | AccessError::TooFast { .. } => Closing::TOO_SOON,
            error => {
                tracing::error!("signing in: {error}");
                Closing::AWAY
            }
        })?;
        let (Some(viewer), Some(proof)) = (found, proof) else {
            return Err(Closing::UNAUTHENTICATED.into());
        };
        seat.sign_in(proof, viewer.clone())?;
        self.viewer = Some(viewer);
        Ok(())
    }

    /// Begins an operation that is within the limits and allowed.
    fn subscribe(
        &mut self,
        id: &str,
        mut request: Request,
        viewer: &Arc<Viewer>,
    ) -> Result<(), ServerError> {
        let operations = &self.app.operations;
        let opened = operations.open(&mut request)?;
        operations
            .permit(&opened, &request, Some(viewer))
            .map_err(Failure::of_request)?;
        let operation = opened.operation;
        let asked = again(&request);
        let mut request = operation.prepare(request);
        if let Some(refusal) = not_one_subscription(&mut request) {
            return Err(ServerError::new(refusal, None));
        }
        let current = Current::new(&self.app.services.work);
        let request = request.data(current).data(self.client).data(viewer.clone());
        let id: Arc<str> = id.into();
        let (named, last) = (id.clone(), id.clone());
        let (app, viewer, client) = (self.app.clone(), viewer.clone(), self.client);
        let told = Arc::new((app, viewer, operation, asked));
        let results = self.app.schema.execute_stream(request);
        let results = results
            .then(move |mut response| {
                let (named, told) = (named.clone(), told.clone());
                async move {
                    if !response.errors.is_empty() {
                        // In a box: room for it would be kept for every subscription, and few are refused.
                        Box::pin(refused(&told, client, &mut response)).await;
                    }
                    (named, Some(response))
                }
            })
            .chain(once(async move { (last, None) }));
        let (results, handle) = abortable(results);
        self.operations.insert(id, handle);
        self.results.push(results.boxed());
        Ok(())
    }

    /// Hands a result of an operation on, or its end.
    async fn tell(&mut self, live: &Live, id: &str, result: Option<Response>) -> Result<(), End> {
        if !self.operations.contains_key(id) {
            // It came to its end while the client ended it.
            return Ok(());
        }
        let Some(mut response) = result else {
            self.operations.remove(id);
            return self.say(live, &FromServer::Complete { id }).await;
        };
        if !response.errors.is_empty() && is_nothing(&response.data) {
            return self.fail(live, id, response).await;
        }
        finish(&mut response);
        let payload = &response;
        let text = written(&FromServer::Next { id, payload })?;
        let most = self.app.services.limits.result;
        if text.len() > most {
            let exceeded = Exceeded::new("result", most, text.len());
            let refusal = Failure::from(exceeded).of_request();
            return self
                .fail(live, id, Response::from_errors(vec![refusal]))
                .await;
        }
        self.send(live, Message::Text(text.into())).await
    }

    /// Ends an operation with errors.
    async fn fail(&mut self, live: &Live, id: &str, mut response: Response) -> Result<(), End> {
        if let Some(operation) = self.operations.remove(id) {
            operation.abort();
        }
        finish(&mut response);
        let payload = &response.errors;
        self.say(live, &FromServer::Error { id, payload }).await
    }

    async fn say(&mut self, live: &Live, message: &FromServer<'_>) -> Result<(), End> {
        self.send(live, Message::Text(written(message)?.into()))
            .await
    }

    /// Sends a message; whoever does not read for long is given up.
    async fn send(&mut self, live: &Live, message: Message) -> Result<(), End> {
        let sent = timeout(live.limits.patience, self.socket.send(message));
        tokio::select! {
            sent = sent => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(End::Gone),
            },
            () = live.shutdown.cancelled() => Err(End::Gone),
        }
    }
}

/// Whether an answer has no data: what can be subscribed to is never null.
fn is_nothing(data: &Value) -> bool {
    match data {
        Value::Object(fields) => fields.values().all(|value| *value == Value::Null),
        other => *other == Value::Null,
    }
}

fn written(message: &FromServer<'_>) -> Result<String, End> {
    serde_json::to_string(message).map_err(|error| {
        tracing::error!("a subscription's result cannot be written: {error}");
        End::Gone
    })
}

/// Gives a refusal its figure, and writes down what was refused to whom.
async fn refused(
    (app, viewer, operation, asked): &(App, Arc<Viewer>, Arc<Operation>, Request),
    client: Client,
    response: &mut Response,
) {
    app.operations.explain(operation, asked, response).await;
    let attempts = Attempts::default();
    witness::refusals(&app.services, Some(viewer), client, &attempts, response).await;
}

/// Why a request cannot be an operation here, if it cannot. A second field would be answered at another moment than
/// the first, and is nothing that GraphQL has.
fn not_one_subscription(request: &mut Request) -> Option<&'static str> {
    let name = request.operation_name.clone();
    // What is not clear is told by the schema.
    let document = request.parsed_query().ok()?;
    let mut operations = document.operations.iter();
    let (_, operation) = match &name {
        None => operations.next()?,
        Some(name) => {
            operations.find(|(found, _)| found.is_some_and(|found| found == name.as_str()))?
        }
    };
    let operation = &operation.node;
    let fields = &operation.selection_set.node.items;
    match (operation.ty, fields.as_slice()) {
        (OperationType::Subscription, [field]) if matches!(field.node, Selection::Field(_)) => None,
        (OperationType::Subscription, _) => {
            Some("a subscription has one field, outside of fragments")
        }
        _ => Some("send queries and mutations to /graphql; here are subscriptions only"),
    }
}

fn too_many(most: usize) -> String {
    format!("a socket has at most {most} subscriptions; end some, or open another")
}

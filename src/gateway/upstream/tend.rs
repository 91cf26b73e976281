//! What goes on beside the requests: names are looked up again, targets are asked how they are (gateway ).

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, future::join, stream::FuturesUnordered};
use http::{
    HeaderValue, Request, StatusCode,
    header::{HOST, USER_AGENT},
};
use http_body_util::Empty;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::time::{sleep, timeout};

use super::{Endpoint, Fault, Group, connect};
use crate::config::{ActiveHealth, Timeouts};

/// Looks after all upstreams, for ever.
pub async fn tend(groups: Vec<Arc<Group>>, endpoints: Vec<Arc<Endpoint>>) {
    join(probe_all(groups), refresh_all(endpoints)).await;
}

async fn refresh_all(endpoints: Vec<Arc<Endpoint>>) {
    loop {
        sleep(REFRESH).await;
        for endpoint in &endpoints {
            refresh(endpoint).await;
        }
    }
}

/// Looks a name up that is in use; a failure keeps the answer of before.
async fn refresh(endpoint: &Endpoint) {
    let Some((host, port)) = endpoint.name() else {
        return;
    };
    if endpoint.known().is_empty() {
        return;
    }
    match timeout(PATIENCE, connect::resolve(host, port)).await {
        Ok(Ok(found)) => endpoint.remember(found),
        Ok(Err(error)) => {
            tracing::debug!(host, %error, "a name was not found, its last address stays");
        }
        Err(_) => tracing::debug!(host, "the resolver is slow, the last address stays"),
    }
}

async fn probe_all(groups: Vec<Arc<Group>>) {
    let mut probes = FuturesUnordered::new();
    for group in groups {
        for endpoint in group.endpoints() {
            if let Some(rules) = group.active.clone() {
                let (group, endpoint) = (Arc::clone(&group), Arc::clone(endpoint));
                probes.push(async move { probe_one(&group, &endpoint, &rules).await });
            }
        }
    }
    while probes.next().await.is_some() {}
}

async fn probe_one(group: &Group, endpoint: &Endpoint, rules: &ActiveHealth) {
    let mut round: u32 = u32::try_from(endpoint.index).unwrap_or(0);
    loop {
        let asked = timeout(rules.timeout, probe(endpoint, rules)).await;
        let good = matches!(&asked, Ok(Ok(status)) if rules.expect.contains(&status.as_u16()));
        match endpoint.state.probed(good, rules) {
            Some(true) => tracing::info!(
                upstream = %group.name, target = %endpoint.label(), "this target is well again"
            ),
            Some(false) => tracing::warn!(
                upstream = %group.name,
                target = %endpoint.label(),
                answer = ?asked,
                "this target does not answer its health checks and gets no more requests: look at its own log"
            ),
            None => {}
        }
        round = round.wrapping_add(1);
        sleep(pause(rules, round)).await;
    }
}

/// The interval, a little shorter or longer each time.
fn pause(rules: &ActiveHealth, round: u32) -> Duration {
    let step = round.wrapping_mul(0x9E37_79B9) >> 16;
    let spread = rules.interval * u32::from(rules.jitter) / 100;
    let offset = spread * 2 / 65_536 * step;
    (rules.interval + offset).saturating_sub(spread)
}

async fn probe(endpoint: &Endpoint, rules: &ActiveHealth) -> Result<StatusCode, Fault> {
    let timeouts = Timeouts::default();
    let (stream, two) = connect::reach_at(endpoint, rules.port, &timeouts).await?;
    let stream = TokioIo::new(stream);
    let host = match &rules.host {
        Some(host) => HeaderValue::from_str(host).map_err(Fault::broken)?,
        None => endpoint.authority.clone(),
    };
    let path = format!("{}{}", endpoint.prefix, rules.path);
    let builder = Request::builder().method(rules.method.clone());
    let builder = builder.header(USER_AGENT, HeaderValue::from_static("vestibule-health"));
    if two {
        let authority = host.to_str().map_err(Fault::broken)?;
        let uri = format!("{}://{authority}{path}", endpoint.scheme());
        let request = builder.uri(uri).body(Empty::<bytes::Bytes>::new());
        let request = request.map_err(Fault::broken)?;
        let handshake = http2::handshake(TokioExecutor::new(), stream).await;
        let (mut sender, connection) = handshake.map_err(Fault::broken)?;
        return within(connection, sender.send_request(request)).await;
    }
    let request = builder
        .uri(path)
        .header(HOST, host)
        .body(Empty::<bytes::Bytes>::new());
    let request = request.map_err(Fault::broken)?;
    let (mut sender, connection) = http1::handshake(stream).await.map_err(Fault::broken)?;
    within(connection, sender.send_request(request)).await
}

/// Drives the connection as long as the answer's head takes.
async fn within<B>(
    connection: impl Future,
    answer: impl Future<Output = hyper::Result<http::Response<B>>>,
) -> Result<StatusCode, Fault> {
    let answer = std::pin::pin!(answer);
    let connection = std::pin::pin!(connection);
    match futures_util::future::select(answer, connection).await {
        futures_util::future::Either::Left((answer, _)) => {
            answer.map(|answer| answer.status()).map_err(Fault::broken)
        }
        futures_util::future::Either::Right((_, answer)) => answer
            .await
            .map(|answer| answer.status())
            .map_err(Fault::broken),
    }
}

const REFRESH: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(5);

//! A client for the admin API: one request per connection, plain HTTP.

use std::{io::Read, time::Duration};

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::Args;
use http::{HeaderMap, Method, Request, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use url::Url;

use super::format::Format;

/// What all commands on the admin API have in common.
#[derive(Clone, Debug, Args)]
pub(super) struct ClientFlags {
    /// Admin API of the gateway
    #[arg(
        short,
        long,
        env = "KRATOS_ADMIN_URL",
        default_value = "http://127.0.0.1:4434"
    )]
    endpoint: Url,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
    /// Prints ids only
    #[arg(short, long)]
    pub(super) quiet: bool,
}

impl ClientFlags {
    /// A client for the endpoint.
    pub(super) fn client(&self) -> anyhow::Result<Client> {
        match self.endpoint.scheme() {
            "http" => {}
            "https" => bail!(
                "{}: this command does not speak https yet; use the plain admin listener, or a tunnel to it",
                self.endpoint
            ),
            _ => bail!("{} is no URL like http://127.0.0.1:4434", self.endpoint),
        }
        Ok(Client {
            endpoint: self.endpoint.clone(),
        })
    }
}

/// Speaks to one admin API.
pub(super) struct Client {
    endpoint: Url,
}

/// A successful answer.
pub(super) struct Answer {
    /// The document, `Null` when there is none.
    pub(super) document: Value,
    headers: HeaderMap,
}

impl Answer {
    /// The token of the next page, when there is one.
    pub(super) fn next_page(&self) -> Option<String> {
        let links = self.headers.get(header::LINK)?.to_str().ok()?;
        let next = links
            .split(',')
            .find(|link| link.ends_with("rel=\"next\""))?;
        let target = next.trim().strip_prefix('<')?.split('>').next()?;
        let (_, query) = target.split_once('?')?;
        form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "page_token")
            .map(|(_, token)| token.into_owned())
    }
}

impl Client {
    /// Sends a request. `path` is made of parts, so that nothing given on the command line can leave its place in it.
    ///
    /// Anything but success is an error with the server's own words.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let request = self.request(method, path, query, body)?;
        let exchange = tokio::time::timeout(PATIENCE, self.exchange(request));
        let (status, headers, bytes) = exchange
            .await
            .map_err(|_| anyhow::anyhow!("no answer within {} seconds", PATIENCE.as_secs()))
            .flatten()
            .with_context(|| format!("cannot ask {}", self.endpoint))?;
        let document = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap_or(Value::Null)
        };
        if !status.is_success() {
            let error = document.get("error");
            let word = |name: &str| error.and_then(|error| error.get(name)?.as_str());
            let (message, reason) = (word("message"), word("reason"));
            let words: Vec<&str> = [message, reason].into_iter().flatten().collect();
            bail!("{status}: {}", words.join(" "));
        }
        Ok(Answer { document, headers })
    }

    fn request(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<Request<Full<Bytes>>> {
        let mut url = self.endpoint.clone();
        url.path_segments_mut()
            .map_err(|()| {
                anyhow::anyhow!("{} is no URL like http://127.0.0.1:4434", self.endpoint)
            })?
            .pop_if_empty()
            .extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => bail!("{} names no host", self.endpoint),
        };
        let target = url.query().map_or_else(
            || url.path().to_owned(),
            |query| format!("{}?{query}", url.path()),
        );
        let body = body.map(Value::to_string).unwrap_or_default();
        Ok(Request::builder()
            .method(method)
            .uri(target)
            .header(header::HOST, host)
            .header(header::CONNECTION, "close")
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body))?)
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
    ) -> anyhow::Result<(http::StatusCode, HeaderMap, Bytes)> {
        let host = self.endpoint.host_str().unwrap_or_default();
        let port = self.endpoint.port_or_known_default().unwrap_or(80);
        let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let answer = async move {
            let (parts, body) = sender.send_request(request).await?.into_parts();
            let body = Limited::new(body, LARGEST_ANSWER)
                .collect()
                .await
                .map_err(|error| anyhow::anyhow!(error))?;
            anyhow::Ok((parts.status, parts.headers, body.to_bytes()))
        };
        let (answer, _closed) = tokio::join!(answer, connection);
        answer
    }
}

/// Runs the commands' futures: they ask one thing after the other.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

/// A file's text, or that of standard input for `-`.
pub(super) fn read(name: &str) -> anyhow::Result<String> {
    let mut text = String::new();
    if name == "-" {
        std::io::stdin()
            .read_to_string(&mut text)
            .context("cannot read standard input")?;
    } else {
        text = std::fs::read_to_string(name).with_context(|| format!("cannot read {name}"))?;
    }
    Ok(text)
}

const PATIENCE: Duration = Duration::from_secs(60);
const LARGEST_ANSWER: usize = 64 << 20;

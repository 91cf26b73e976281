//! Another server that speaks HTTP: keeps what it is asked, says what it is told to say. It is gone when dropped.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use vestibule::{
    config::Config,
    courier::Means,
    jsonnet::Sandbox,
    net::outbound::{Client, Sources},
};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    pub fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// An answer to be given.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: String::new(),
        }
    }

    pub fn text(body: impl Into<String>) -> Self {
        Self {
            body: body.into(),
            ..Self::status(200)
        }
    }

    pub fn redirect(to: &str) -> Self {
        Self {
            headers: vec![("Location".to_owned(), to.to_owned())],
            ..Self::status(302)
        }
    }
}

type Behaviour = Box<dyn FnMut(&Asked) -> Reply + Send>;

/// The server.
pub struct Service {
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    behaviour: Arc<Mutex<Behaviour>>,
    task: JoinHandle<()>,
}

impl Service {
    /// On any port; answers everything with 200 and nothing.
    pub async fn start() -> Self {
        Self::at(0).await
    }

    pub async fn at(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let behaviour: Behaviour = Box::new(|_| Reply::status(200));
        let behaviour = Arc::new(Mutex::new(behaviour));
        let (kept, does) = (asked.clone(), behaviour.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut stream = BufReader::new(stream);
                // Whoever hangs up in the middle gets no answer.
                let Some(request) = read(&mut stream).await else {
                    continue;
                };
                let reply = does.lock().unwrap()(&request);
                kept.lock().unwrap().push(request);
                let _gone = write(&mut stream, &reply).await;
            }
        });
        Self {
            port,
            asked,
            behaviour,
            task,
        }
    }

    /// What it does from now on.
    pub fn does(&self, behaviour: impl FnMut(&Asked) -> Reply + Send + 'static) {
        *self.behaviour.lock().unwrap() = Box::new(behaviour);
    }

    /// Gives this answer to everything from now on.
    pub fn says(&self, reply: Reply) {
        self.does(move |_| reply.clone());
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Its address, with this path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a courier needs to ask such servers.
pub fn means(config: &Config) -> Means {
    Means {
        client: Client::new(&config.outgoing),
        sandbox: Sandbox::new(env!("CARGO_BIN_EXE_vestibule").into()),
        sources: Sources::default(),
    }
}

/// A text as `base64://` in a configuration.
pub fn inline(text: &str) -> String {
    format!("base64://{}", data_encoding::BASE64.encode(text.as_bytes()))
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        head.push(line.trim_end().to_owned());
    }
    let (line, fields) = head.split_first()?;
    let fields = fields.iter().filter_map(|field| field.split_once(": "));
    let headers: Vec<_> = fields
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some(Asked {
        line: line.clone(),
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}

async fn write(stream: &mut BufReader<TcpStream>, reply: &Reply) -> std::io::Result<()> {
    let length = reply.body.len();
    let mut text = format!(
        "HTTP/1.1 {} Said\r\nContent-Length: {length}\r\n",
        reply.status
    );
    for (name, value) in &reply.headers {
        text += &[name, ": ", value, "\r\n"].concat();
    }
    text.push_str("\r\n");
    text.push_str(&reply.body);
    stream.write_all(text.as_bytes()).await
}

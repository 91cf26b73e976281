//! One gateway as a case describes it, with its people, and what a case does behind its back.

use std::{fs, path::PathBuf};

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Gateway, gateway::binary};

/// Names of the hosts in the list; any certificate does, since the browser is told to trust them all.
const HOSTS: [&str; 4] = [
    "*.example.com",
    "*.apps.example.com",
    "elsewhere.example.org",
    "evil.example.net",
];

const SCHEMA: &str = r#"{"$id": "person", "type": "object", "properties": {"traits": {"type": "object", "required": ["email"],
  "properties": {
    "email": {"type": "string", "format": "email", "title": "Email", "ory.sh/kratos": {
      "credentials": {"password": {"identifier": true}, "code": {"identifier": true, "via": "email"}, "totp": {"account_name": true}},
      "verification": {"via": "email"}, "recovery": {"via": "email"}}},
    "name": {"type": "string", "title": "Name"}}}}}"#;

/// What stays the same from case to case.
#[derive(Clone)]
pub struct Place {
    pub public: u16,
    pub admin: u16,
    pub upstream: u16,
    pub mail: u16,
    /// PEM: certificate and key.
    pub certificate: (String, String),
}

/// A certificate for the hosts of the list and its key, as PEM.
pub fn certificate() -> (String, String) {
    let hosts: Vec<String> = HOSTS.iter().map(ToString::to_string).collect();
    let made = rcgen::generate_simple_self_signed(hosts).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// The gateway of a case; it can be ended and started again with what it stored.
pub struct World {
    gateway: Option<Gateway>,
    config: Value,
    place: Place,
    /// Keys that the case names and the program does not know yet; routes with such a key are left out.
    pub unsupported: Vec<String>,
    pub left_out: Vec<String>,
    held: Option<Connection>,
}

impl World {
    /// Starts a gateway with the list's configuration, changed by the dotted keys of a case.
    pub fn start(base: &str, changes: &Value, place: Place) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("cert.pem", place.certificate.0.as_str()),
            ("key.pem", &place.certificate.1),
            ("person.schema.json", SCHEMA),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let text = base
            .replace("{{mail}}", &place.mail.to_string())
            .replace("{{upstream}}", &place.upstream.to_string());
        let mut config: Value = serde_saphyr::from_str(&text).unwrap();
        let ours = json!({
            "dsn": "sqlite://{dir}/db.sqlite",
            "log.access": "off",
            "throttle": {"enabled": false},
            "courier.smtp.connection_uri": format!("smtp://127.0.0.1:{}/?disable_starttls=true", place.mail),
            "serve.admin": {"host": "127.0.0.1", "port": "{admin}"},
            "serve.public.listeners": [{
                "address": "127.0.0.1:{public}",
                "tls": {"certificates": [{"cert": "{dir}/cert.pem", "key": "{dir}/key.pem"}]},
            }],
        });
        for changes in [&ours, changes] {
            for (key, value) in changes.as_object().into_iter().flatten() {
                set(&mut config, key, value.clone());
            }
        }
        let mut world = Self {
            gateway: None,
            config,
            place,
            unsupported: Vec::new(),
            left_out: Vec::new(),
            held: None,
        };
        world.leave_out_what_is_not_built(&folder);
        world.run(folder);
        world
    }

    fn run(&mut self, folder: TempDir) {
        let text = self.text();
        let ports = (self.place.public, self.place.admin);
        let arguments = ["--allow-unsupported"];
        let gateway = Gateway::serve_at_with(folder, &text, &arguments, &[], ports);
        self.gateway = Some(gateway);
    }

    fn text(&self) -> String {
        let admin = self.place.admin.to_string();
        self.config.to_string().replace("\"{admin}\"", &admin)
    }

    fn leave_out_what_is_not_built(&mut self, folder: &TempDir) {
        let file = folder.path().join("check.yml");
        let text = self
            .text()
            .replace("{public}", &self.place.public.to_string())
            .replace("{dir}", folder.path().to_str().unwrap());
        fs::write(&file, text).unwrap();
        let output = binary()
            .args(["config", "check", "--format", "json", "-c"])
            .arg(&file)
            .output()
            .unwrap();
        let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        let keys = findings
            .iter()
            .filter(|finding| finding["kind"] == "unsupported")
            .filter_map(|finding| finding["key"].as_str().map(ToOwned::to_owned));
        self.unsupported = keys.collect();
        let named = |index: usize| {
            let start = format!("routes[{index}].");
            self.unsupported.iter().any(|key| key.starts_with(&start))
        };
        let routes = self.config["routes"].as_array().unwrap().clone();
        let (out, stays): (Vec<_>, Vec<_>) =
            routes.into_iter().enumerate().partition(|(i, _)| named(*i));
        self.left_out = out
            .iter()
            .filter_map(|(_, route)| route["id"].as_str().map(ToOwned::to_owned))
            .collect();
        self.config["routes"] = stays.into_iter().map(|(_, route)| route).collect();
    }

    /// Ends the process the polite way and starts it again.
    pub fn restart(&mut self) {
        let folder = self.gateway.take().unwrap().stop();
        self.run(folder);
    }

    /// Starts again with another value of a key.
    pub fn change(&mut self, key: &str, value: Value) {
        set(&mut self.config, key, value);
        self.restart();
    }

    fn database(&self) -> Connection {
        let path: PathBuf = self.gateway().folder.path().join("db.sqlite");
        Connection::open(path).unwrap()
    }

    fn gateway(&self) -> &Gateway {
        self.gateway.as_ref().unwrap()
    }

    /// Removes all flows, as a clean-up does with old ones.
    pub fn purge_flows(&self) {
        self.database().execute("DELETE FROM flows", []).unwrap();
    }

    /// Lets the time of all flows run out.
    pub fn expire_flows(&self) {
        let sql = "UPDATE flows SET expires_at = issued_at + 1";
        self.database().execute(sql, []).unwrap();
    }

    /// Lets the time of all sessions run out; started again, so that nothing is remembered.
    pub fn expire_sessions(&mut self) {
        let sql = "UPDATE sessions SET expires_at = issued_at + 1";
        self.database().execute(sql, []).unwrap();
        self.restart();
    }

    /// While the store is down nothing can be written.
    pub fn store(&mut self, up: bool) {
        self.held = (!up).then(|| {
            let connection = self.database();
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            connection
        });
    }

    /// Rows of a table.
    pub fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        let database = self.database();
        database.query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    pub fn admin_url(&self) -> String {
        self.gateway().admin_url("")
    }

    pub fn log(&self) -> String {
        self.gateway().log()
    }
}

/// Sets a dotted key; numbers index lists.
fn set(config: &mut Value, key: &str, value: Value) {
    let mut place = config;
    for part in key.split('.') {
        place = match part.parse::<usize>() {
            Ok(index) if place.is_array() => &mut place[index],
            _ => &mut place[part],
        };
    }
    *place = value;
}

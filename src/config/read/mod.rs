//! Checked tree → [`Config`]: defaults, fall-backs and derived values.
//!
//! Reading never fails: what is wrong was reported by `check`, and a configuration with errors is thrown away after the last rule
//! has had its say.

mod courier;
mod gateway;
mod headers;
mod operations;
mod outgoing;
mod require;
mod routes;
mod selfservice;
mod serve;
mod throttle;
mod upstream;

use std::time::Duration;

use url::Url;

use super::{
    Config, Drain, IdentitySettings, SchemaSource,
    check::Mode,
    duration,
    raw::{Content, Node},
};

pub(super) use operations::BCRYPT_FLOOR;
pub(super) use routes::host_nodes;

/// Where values come from, and how strict the run is.
pub(super) struct Read<'a> {
    pub(super) root: &'a Node,
    pub(super) mode: Mode,
    /// Folder of the file.
    pub(super) dir: &'a std::path::Path,
}

impl Read<'_> {
    /// The whole configuration.
    pub(super) fn config(&self) -> Config {
        let serve = self.serve();
        let routes = self.routes();
        let selfservice = self.selfservice(&serve.public.base_url, &routes);
        let cookies = self.cookies();
        Config {
            dev: self.mode.dev,
            storage: self.storage(),
            session: self.session(&cookies),
            cookies,
            selfservice,
            identity: self.identity(),
            secrets: self.secrets(),
            courier: self.courier(&serve.public.base_url),
            outgoing: self.outgoing(),
            hashers: self.hashers(),
            log: self.log(),
            limits: self.limits(),
            mitigate_enumeration: self.flag("security.account_enumeration.mitigate", false),
            throttle: self.throttle(),
            features: self.features(),
            gateway: self.gateway(),
            has_routes: self.root.at("routes").is_some(),
            drain: Drain {
                delay: self.duration("drain.delay", Duration::ZERO),
                timeout: self.duration("drain.timeout", Duration::from_secs(30)),
                upgrades: self.duration("drain.upgrades", Duration::from_secs(30)),
            },
            serve,
            routes,
        }
    }

    /// Whether the file describes identities, as Kratos demands.
    pub(super) fn has_identity(&self) -> bool {
        self.root.at("identity").is_some_and(|node| !node.is_null())
    }

    fn identity(&self) -> IdentitySettings {
        let schema = |node: &Node| SchemaSource {
            id: node.text("id").unwrap_or_default().to_owned(),
            url: self.absolute(node.text("url").unwrap_or_default()),
            selectable: node.flag("selfservice_selectable").unwrap_or(false),
        };
        let mut schemas: Vec<_> = self
            .root
            .items("identity.schemas")
            .iter()
            .map(schema)
            .collect();
        if schemas.is_empty() {
            schemas.push(SchemaSource {
                id: "default".to_owned(),
                url: "builtin:email".to_owned(),
                selectable: false,
            });
        }
        let default_schema_id = self.text("identity.default_schema_id").unwrap_or("default");
        IdentitySettings {
            default_schema_id: default_schema_id.to_owned(),
            schemas,
        }
    }

    /// `file://person.json` stands beside the configuration.
    fn absolute(&self, url: &str) -> String {
        match url.strip_prefix("file://") {
            Some(path) => {
                let dir = std::path::absolute(self.dir).unwrap_or_else(|_| self.dir.to_owned());
                format!("file://{}", dir.join(path).display())
            }
            None => url.to_owned(),
        }
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.root.text(path)
    }

    pub(super) fn flag(&self, path: &str, default: bool) -> bool {
        self.root.flag(path).unwrap_or(default)
    }

    pub(super) fn duration(&self, path: &str, default: Duration) -> Duration {
        span(self.root, path).unwrap_or(default)
    }

    pub(super) fn count<N: TryFrom<i64>>(&self, path: &str, default: N) -> N {
        count(self.root, path).unwrap_or(default)
    }

    pub(super) fn size(&self, path: &str, default: u64) -> u64 {
        self.text(path)
            .and_then(super::check::size)
            .unwrap_or(default)
    }

    pub(super) fn texts(&self, path: &str) -> Vec<String> {
        texts(self.root, path)
    }
}

fn span(node: &Node, path: &str) -> Option<Duration> {
    duration(node.text(path)?).ok()
}

fn count<N: TryFrom<i64>>(node: &Node, path: &str) -> Option<N> {
    node.at(path)?.as_int()?.try_into().ok()
}

fn texts(node: &Node, path: &str) -> Vec<String> {
    let items = node.items(path).iter();
    items
        .filter_map(|item| match &item.content {
            Content::Scalar(text, _) => Some(text.clone()),
            _ => None,
        })
        .collect()
}

/// A URL of the file; a path stands on our own host.
fn reference(base: &Url, text: &str) -> Option<Url> {
    base.join(text).ok()
}

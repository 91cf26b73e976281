//! Kratos' environment overrides: `SERVE_PUBLIC_BASE_URL` for `serve.public.base_url` (admin-and-config 6.1).
//!
//! Only names that the table of keys leads to are asked for, so unrelated variables are never seen. A variable counts for a
//! scalar, as a comma list or JSON for a list, and as JSON for a map; list items have their index as a segment.

use indexmap::IndexMap;
use serde_json::Value;

use super::tree::{Content, Entry, Node, Place, Style};
use crate::config::{
    finding::Findings,
    keys::{Key, Table, Type},
};

/// Keys that no variable sets: too common a word, or ours.
const EXCLUDED: &[&str] = &[
    "version",
    "dev",
    "config",
    "help",
    "revision",
    "sqa-opt-out",
    "watch-courier",
    "expose-metrics-port",
    "gateway",
    "authenticators",
    "upstreams",
    "routes",
    "include",
    "limits",
    "drain",
    "reload",
    "storage",
    "throttle",
    "ui",
];

/// Puts what the environment says into the tree; the names of the variables that did.
pub(crate) fn overrides(
    root: &mut Node,
    env: &dyn Fn(&str) -> Option<String>,
    findings: &mut Findings,
) -> Vec<String> {
    let table = Table::get();
    let mut run = Run {
        table,
        env,
        findings,
        used: Vec::new(),
    };
    for (name, key) in table.names(table.root()) {
        if !EXCLUDED.contains(&name) {
            run.field(root, name, key, &name.to_uppercase());
        }
    }
    run.used
}

struct Run<'a> {
    table: &'static Table,
    env: &'a dyn Fn(&str) -> Option<String>,
    findings: &'a mut Findings,
    used: Vec<String>,
}

impl Run<'_> {
    /// Overrides the key `name` of the map `parent`, and what is below it.
    fn field(&mut self, parent: &mut Node, name: &str, key: &'static Key, variable: &str) {
        let known = parent.entry(name).map(|entry| entry.node.clone());
        let Some(node) = self.value(known, key, variable) else {
            return;
        };
        if !matches!(parent.content, Content::Map(_)) {
            parent.content = Content::Map(IndexMap::new());
        }
        if let Content::Map(entries) = &mut parent.content {
            let place = entries.get(name).map_or(node.place, |entry| entry.place);
            entries.insert(name.to_owned(), Entry { place, node });
        }
    }

    /// The new value, or `None` when the environment says nothing about it.
    fn value(&mut self, known: Option<Node>, key: &'static Key, variable: &str) -> Option<Node> {
        let given = (self.env)(variable).filter(|text| !text.is_empty());
        let own = given.and_then(|text| self.read(&text, key, variable));
        let base = own.clone().or(known);
        let below = if matches!(key.scalar, Some(Type::Hook(_))) {
            None
        } else if let Some(item) = self.table.item(key) {
            self.list(base.as_ref(), item, variable)
        } else {
            self.map(base.as_ref(), key, variable)
        };
        below.or(own)
    }

    fn map(&mut self, base: Option<&Node>, key: &'static Key, variable: &str) -> Option<Node> {
        let before = self.used.len();
        let mut node = base.cloned().unwrap_or_default();
        for (name, field) in self.table.names(key) {
            let variable = format!("{variable}_{}", name.to_uppercase());
            self.field(&mut node, name, field, &variable);
        }
        (self.used.len() > before).then_some(node)
    }

    fn list(&mut self, base: Option<&Node>, item: &'static Key, variable: &str) -> Option<Node> {
        let before = self.used.len();
        let mut items = base.and_then(Node::as_list).unwrap_or_default().to_vec();
        let place = base.map_or_else(Place::default, |node| node.place);
        for index in 0.. {
            let known = items.get(index).cloned();
            let exists = known.is_some();
            match self.value(known, item, &format!("{variable}_{index}")) {
                Some(node) if exists => {
                    if let Some(slot) = items.get_mut(index) {
                        *slot = node;
                    }
                }
                Some(node) => items.push(node),
                None if exists => {}
                None => break,
            }
        }
        let content = Content::List(items);
        (self.used.len() > before).then_some(Node { place, content })
    }

    /// The text of a variable as a value for `key`; `None` when it cannot be meant for it.
    fn read(&mut self, text: &str, key: &'static Key, variable: &str) -> Option<Node> {
        let scalar = key.scalar.is_some() && !matches!(key.scalar, Some(Type::Hook(_)));
        let item = self.table.item(key);
        let json = match text.trim_start().chars().next() {
            Some('[') => item.is_some(),
            Some('{') => self.table.takes_map(key),
            _ => false,
        };
        let plain_items = item.is_some_and(|item| item.scalar.is_some());
        let parsed = json
            .then(|| serde_json::from_str::<Value>(text).ok())
            .flatten();
        if parsed.is_none() && !scalar && !plain_items {
            return None;
        }
        let source = self
            .findings
            .source(format!("environment variable {variable}"));
        self.used.push(variable.to_owned());
        let place = Place {
            source,
            line: 0,
            column: 0,
        };
        Some(match parsed {
            Some(value) => node_of(&value, place),
            None if scalar => given(text, place),
            None => Node {
                place,
                content: Content::List(
                    text.split(',')
                        .map(str::trim)
                        .filter(|item| !item.is_empty())
                        .map(|item| given(item, place))
                        .collect(),
                ),
            },
        })
    }
}

fn given(text: &str, place: Place) -> Node {
    Node {
        place,
        content: Content::Scalar(text.to_owned(), Style::Given),
    }
}

fn node_of(value: &Value, place: Place) -> Node {
    let content = match value {
        Value::Array(items) => {
            Content::List(items.iter().map(|item| node_of(item, place)).collect())
        }
        Value::Object(fields) => {
            let entry = |(name, value): (&String, &Value)| {
                let node = node_of(value, place);
                (name.clone(), Entry { place, node })
            };
            Content::Map(fields.iter().map(entry).collect())
        }
        Value::String(text) => Content::Scalar(text.clone(), Style::Quoted),
        other => Content::Scalar(other.to_string(), Style::Plain),
    };
    Node { place, content }
}

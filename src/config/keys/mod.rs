//! Every key there is: Kratos' and ours, with type, default, status and a sentence.
//!
//! The tables are text, one key a line: `path | type | default | status | what it is for`. In a path `[]` is an item of a list and
//! `*` any name; `@name` stands for a shape that several places share. `!` behind a type: the key must be there.
//! Status: `+` works, `=` is accepted and needs no work, `-` Kratos' and not there yet, `~` ours and not there yet, `!` ours, guards
//! access and is not there yet; with `?` only a value other than the default is complained about.

mod courier;
mod gateway;
mod kratos;
mod reference;
mod routes;
mod selfservice;
mod throttle;
mod types;

use std::{collections::HashMap, sync::OnceLock};

use indexmap::IndexMap;

pub use reference::reference;
pub(super) use types::{Text, Type};

/// One key, or one item of a list.
#[derive(Debug, Default)]
pub(super) struct Key {
    /// Type of a scalar here; `None` when only a list or map may stand here.
    pub(super) scalar: Option<Type>,
    /// The text of the default.
    pub(super) default: &'static str,
    /// Whether the work behind it is done.
    pub(super) status: Status,
    /// One sentence.
    pub(super) doc: &'static str,
    /// A map without this key is incomplete.
    pub(super) required: bool,
    /// Unknown keys are a lint only, as Kratos takes them too.
    pub(super) open: bool,
    fields: IndexMap<&'static str, usize>,
    any: Option<usize>,
    item: Option<usize>,
    shape: Option<&'static str>,
}

/// Whether the work behind a key is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// Who has it, and whether it works.
    pub(super) owner: Owner,
    /// The default value needs no work.
    pub(super) default_is_fine: bool,
}

/// Who has a key, as far as that matters for what to say when it does not work yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Owner {
    /// It works, or is accepted without work.
    #[default]
    Done,
    /// Kratos' key; may be let pass.
    Kratos,
    /// Our key; never let pass silently.
    Ours,
    /// Our key, guards access: never let pass.
    Guard,
}

/// All keys.
#[derive(Debug)]
pub(super) struct Table {
    keys: Vec<Key>,
    shapes: HashMap<&'static str, usize>,
    root: usize,
}

impl Table {
    /// The one table.
    pub(super) fn get() -> &'static Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| {
            let mut table = Self::empty();
            for text in [
                kratos::TABLE,
                selfservice::TABLE,
                courier::TABLE,
                gateway::TABLE,
                routes::TABLE,
                throttle::TABLE,
            ] {
                text.lines()
                    .filter(|line| !line.trim().is_empty())
                    .for_each(|line| table.row(line));
            }
            table
        })
    }

    /// The whole document.
    pub(super) fn root(&self) -> &Key {
        self.at(self.root)
    }

    /// A shape by its name.
    pub(super) fn shape(&self, name: &str) -> &Key {
        self.at(self.shapes.get(name).copied().unwrap_or(self.root))
    }

    /// What a map at `key` may hold under `name`.
    pub(super) fn field(&self, key: &Key, name: &str) -> Option<&Key> {
        let own = key.fields.get(name).copied();
        if let Some(index) = own {
            return Some(self.at(index));
        }
        let shared = self.shape_of(key).and_then(|shape| self.field(shape, name));
        shared.or_else(|| key.any.map(|index| self.at(index)))
    }

    /// What a list at `key` holds.
    pub(super) fn item(&self, key: &Key) -> Option<&Key> {
        key.item
            .map(|index| self.at(index))
            .or_else(|| self.shape_of(key).and_then(|shape| self.item(shape)))
    }

    /// Names a map at `key` may hold; empty when any may.
    pub(super) fn names(&self, key: &Key) -> Vec<(&'static str, &Key)> {
        let own = key
            .fields
            .iter()
            .map(|(name, index)| (*name, self.at(*index)));
        let shared = self
            .shape_of(key)
            .map(|shape| self.names(shape))
            .unwrap_or_default();
        own.chain(shared).collect()
    }

    /// Whether a map may stand here.
    pub(super) fn takes_map(&self, key: &Key) -> bool {
        let own = !key.fields.is_empty() || key.any.is_some() || key.open;
        own || self
            .shape_of(key)
            .is_some_and(|shape| self.takes_map(shape))
    }

    fn shape_of(&self, key: &Key) -> Option<&Key> {
        key.shape.map(|name| self.shape(name))
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "the indexes are this table's own, and it only grows"
    )]
    fn at(&self, index: usize) -> &Key {
        &self.keys[index]
    }

    fn empty() -> Self {
        Self {
            keys: vec![Key::default()],
            shapes: HashMap::new(),
            root: 0,
        }
    }

    fn row(&mut self, line: &'static str) {
        let mut columns = line.splitn(5, '|').map(str::trim);
        let mut column = || columns.next().unwrap_or_default();
        let (path, ty, default, status, doc) = (column(), column(), column(), column(), column());
        let index = self.place(path);
        let (ty, required) = match ty.strip_suffix('!') {
            Some(ty) => (ty, true),
            None => (ty, false),
        };
        let known = Type::parse(ty);
        let Some(key) = self.keys.get_mut(index) else {
            return;
        };
        key.required |= required;
        key.default = default;
        key.doc = doc;
        key.status = Status::parse(status);
        match ty {
            "open" => key.open = true,
            "map" => {}
            _ => match ty.strip_prefix('@') {
                Some(shape) => key.shape = Some(shape),
                None => key.scalar = known,
            },
        }
    }

    /// Index of the key at `path`, made with all its parents when it is new.
    fn place(&mut self, path: &'static str) -> usize {
        let mut index = self.root;
        for (depth, part) in path.split('.').enumerate() {
            let name = part.trim_end_matches("[]");
            index = match name.strip_prefix('@').filter(|_| depth == 0) {
                Some(shape) => self.shape_index(shape),
                None => self.child(index, name),
            };
            for _ in 0..(part.len() - name.len()) / 2 {
                index = self.item_index(index);
            }
        }
        index
    }

    fn shape_index(&mut self, name: &'static str) -> usize {
        if let Some(index) = self.shapes.get(name) {
            return *index;
        }
        let index = self.add();
        self.shapes.insert(name, index);
        index
    }

    fn child(&mut self, parent: usize, name: &'static str) -> usize {
        let key = self.at(parent);
        let known = match name {
            "*" => key.any,
            _ => key.fields.get(name).copied(),
        };
        known.unwrap_or_else(|| {
            let index = self.add();
            if let Some(key) = self.keys.get_mut(parent) {
                if name == "*" {
                    key.any = Some(index);
                } else {
                    key.fields.insert(name, index);
                }
            }
            index
        })
    }

    fn item_index(&mut self, parent: usize) -> usize {
        if let Some(index) = self.at(parent).item {
            return index;
        }
        let index = self.add();
        if let Some(key) = self.keys.get_mut(parent) {
            key.item = Some(index);
        }
        index
    }

    fn add(&mut self) -> usize {
        self.keys.push(Key::default());
        self.keys.len() - 1
    }
}

impl Status {
    fn parse(text: &str) -> Self {
        let owner = match text.trim_end_matches('?') {
            "-" => Owner::Kratos,
            "~" => Owner::Ours,
            "!" => Owner::Guard,
            _ => Owner::Done,
        };
        Self {
            owner,
            default_is_fine: text.ends_with('?'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_well_formed() {
        let mut rows = 0;
        for text in [
            kratos::TABLE,
            selfservice::TABLE,
            courier::TABLE,
            gateway::TABLE,
            routes::TABLE,
            throttle::TABLE,
        ] {
            for line in text.lines().filter(|line| !line.is_empty()) {
                let columns: Vec<_> = line.split('|').map(str::trim).collect();
                assert_eq!(columns.len(), 5, "columns of: {line}");
                let ty = columns[1].trim_end_matches('!');
                let structure = ty.starts_with('@') || matches!(ty, "map" | "open");
                assert!(structure || Type::parse(ty).is_some(), "type of: {line}");
                assert!(
                    matches!(
                        columns[3].trim_end_matches('?'),
                        "+" | "=" | "-" | "~" | "!"
                    ),
                    "status of: {line}"
                );
                assert!(columns[4].ends_with('.'), "sentence of: {line}");
                if let Some(shape) = ty.strip_prefix('@') {
                    assert!(Table::get().shapes.contains_key(shape), "shape of: {line}");
                }
                rows += 1;
            }
        }
        assert!(rows > 400, "{rows} rows");
    }

    #[test]
    fn a_route_has_its_own_keys_and_those_defaults_may_hold() {
        let table = Table::get();
        let routes = table.field(table.root(), "routes").unwrap();
        let route = table.item(routes).unwrap();
        assert!(table.field(route, "match").is_some());
        assert!(table.field(route, "timeouts").is_some());
        let gateway = table.field(table.root(), "gateway").unwrap();
        let defaults = table.field(gateway, "defaults").unwrap();
        assert!(table.field(defaults, "timeouts").is_some());
        assert!(table.field(defaults, "upstream").is_none());
    }
}

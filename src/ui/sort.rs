//! The order of nodes (flows 7.4). Its oddities are visible to clients and therefore kept: groups that are not listed come first,
//! a key counts as prefix, and nodes that cannot be compared act as barriers.

use std::cmp::Ordering;

use super::{Group, Node};

/// An order: groups, then keys.
#[derive(Clone, Debug)]
pub struct Order {
    /// Groups from first to last.
    pub groups: &'static [Group],
    /// Prefixes of node ids from first to last.
    pub keys: Vec<String>,
}

/// Groups of a login form.
pub const LOGIN_GROUPS: &[Group] = &[
    Group::Oidc,
    Group::Default,
    Group::Webauthn,
    Group::Passkey,
    Group::Code,
    Group::Password,
    Group::Totp,
    Group::LookupSecret,
];

/// Groups of a registration form.
pub const REGISTRATION_GROUPS: &[Group] = &[
    Group::Oidc,
    Group::Saml,
    Group::Default,
    Group::Webauthn,
    Group::Passkey,
    Group::Code,
    Group::Password,
    Group::Captcha,
    Group::Profile,
];

/// Groups of a settings form.
pub const SETTINGS_GROUPS: &[Group] = &[
    Group::Default,
    Group::Profile,
    Group::Password,
    Group::Oidc,
    Group::LookupSecret,
    Group::Webauthn,
    Group::Passkey,
    Group::Totp,
];

impl Order {
    /// Sorts nodes.
    pub fn sort(&self, nodes: &mut [Node]) {
        nodes.sort_by_key(|node| self.group(node));
        for at in 1..nodes.len() {
            let mut place = at;
            while place > 0 && self.belongs_before(nodes, place) {
                nodes.swap(place, place - 1);
                place -= 1;
            }
        }
    }

    fn belongs_before(&self, nodes: &[Node], place: usize) -> bool {
        match (nodes.get(place), nodes.get(place - 1)) {
            (Some(node), Some(before)) => self.less(node, before),
            _ => false,
        }
    }

    fn less(&self, a: &Node, b: &Node) -> bool {
        let together = |a, b| matches!((a, b), (Group::Default, Group::Password));
        if a.group != b.group && !together(a.group, b.group) && !together(b.group, a.group) {
            return false;
        }
        match self.key(a).cmp(&self.key(b)) {
            Ordering::Less => true,
            Ordering::Greater => false,
            Ordering::Equal => printed(a) < printed(b),
        }
    }

    fn group(&self, node: &Node) -> isize {
        let found = self.groups.iter().position(|group| *group == node.group);
        found.and_then(|at| isize::try_from(at).ok()).unwrap_or(-1)
    }

    fn key(&self, node: &Node) -> usize {
        if node.id() == "method" {
            return usize::MAX;
        }
        let found = self
            .keys
            .iter()
            .position(|key| node.id().starts_with(key.as_str()));
        found.unwrap_or(self.keys.len())
    }
}

fn printed(node: &Node) -> String {
    match node.current_value() {
        None => "<nil>".to_owned(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{InputType, text};

    fn order(groups: &'static [Group], keys: &[&str]) -> Order {
        Order {
            groups,
            keys: keys.iter().map(|&key| key.to_owned()).collect(),
        }
    }

    fn node(name: &str, group: Group) -> Node {
        Node::input(name, InputType::Text, group)
    }

    fn submit(value: &str, group: Group) -> Node {
        Node::submit("method", value, group, text::save())
    }

    fn sorted(order: &Order, mut nodes: Vec<Node>) -> Vec<String> {
        order.sort(&mut nodes);
        let name = |node: &Node| match node.current_value() {
            Some(value) if node.id() == "method" => {
                format!("method({})", value.as_str().unwrap_or(""))
            }
            _ => node.id().to_owned(),
        };
        nodes.iter().map(name).collect()
    }

    fn registration() -> Order {
        order(
            REGISTRATION_GROUPS,
            &[
                "csrf_token",
                "traits.email",
                "password",
                "traits.s",
                "traits.n",
            ],
        )
    }

    fn traits() -> Vec<Node> {
        ["traits.n", "traits.s", "traits.email"]
            .map(|name| node(name, Group::Default))
            .to_vec()
    }

    #[test]
    fn a_password_follows_the_first_trait() {
        let mut nodes = traits();
        nodes.push(Node::csrf());
        nodes.push(node("password", Group::Password));
        nodes.push(submit("password", Group::Password));
        assert_eq!(
            sorted(&registration(), nodes),
            [
                "csrf_token",
                "traits.email",
                "password",
                "traits.s",
                "traits.n",
                "method(password)"
            ]
        );
    }

    #[test]
    fn a_group_between_them_is_a_barrier() {
        let mut nodes = traits();
        nodes.push(Node::csrf());
        nodes.push(node("password", Group::Password));
        nodes.push(submit("password", Group::Password));
        nodes.push(submit("code", Group::Code));
        assert_eq!(
            sorted(&registration(), nodes),
            [
                "csrf_token",
                "traits.email",
                "traits.s",
                "traits.n",
                "method(code)",
                "password",
                "method(password)"
            ]
        );
    }

    #[test]
    fn a_login_form_has_its_order() {
        let order = order(LOGIN_GROUPS, &["csrf_token", "identifier", "password"]);
        let provider = |value: &str| node("provider", Group::Oidc).value(value);
        let nodes = vec![
            submit("password", Group::Password),
            node("password", Group::Password),
            node("identifier", Group::Default),
            submit("code", Group::Code),
            provider("b"),
            Node::csrf(),
            node("passkey_login", Group::Passkey),
            provider("a"),
            node("webauthn_login", Group::Webauthn),
            node("saml", Group::Saml),
        ];
        assert_eq!(
            sorted(&order, nodes),
            [
                "saml",
                "provider",
                "provider",
                "csrf_token",
                "identifier",
                "webauthn_login",
                "passkey_login",
                "method(code)",
                "password",
                "method(password)"
            ]
        );
    }

    #[test]
    fn a_settings_form_has_its_order() {
        let order = order(SETTINGS_GROUPS, &["traits.email", "traits.name.first"]);
        let nodes = vec![
            submit("password", Group::Password),
            node("password", Group::Password),
            submit("profile", Group::Profile),
            node("traits.name.first", Group::Profile),
            node("traits.email", Group::Profile),
            Node::csrf(),
        ];
        assert_eq!(
            sorted(&order, nodes),
            [
                "csrf_token",
                "traits.email",
                "traits.name.first",
                "method(profile)",
                "password",
                "method(password)"
            ]
        );
    }
}

//! How the nodes of a container spread over the forms of a page, whatever methods they come from.
//!
//! A page has one main form: the shared fields and the method that asks for most (a password before anything else), with the buttons of
//! methods that need nothing but the shared fields. Every other method gets a form of its own below a line. In settings each method is
//! a form of its own.

use crate::ui::{Group, Node};

use super::field::{is_button, is_fillable, leads_away};

/// One form: the nodes it shows and sends.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    /// The method it is for.
    pub(super) group: Group,
    /// Its nodes, in the order of the container.
    pub(super) nodes: Vec<&'a Node>,
    /// Only forms with a primary method have a primary button.
    pub(super) primary: bool,
}

/// The forms of a sign-in or sign-up page.
pub(super) fn main_and_others(nodes: &[Node]) -> Vec<Layout<'_>> {
    let groups = groups(nodes);
    let asks = |group: &Group| of(nodes, *group).any(is_fillable);
    let acts = |group: &Group| of(nodes, *group).any(is_button) && !leads_away(*group);
    let main = [Group::Password]
        .into_iter()
        .find(asks)
        .or_else(|| groups.iter().copied().find(asks))
        .or_else(|| groups.iter().copied().find(acts));
    let joins = |group: Group| {
        group == Group::Default || Some(group) == main || !asks(&group) && !leads_away(group)
    };
    let mut forms = Vec::new();
    let shared_asks = of(nodes, Group::Default).any(is_fillable);
    if main.is_some() || shared_asks {
        forms.push(Layout {
            group: main.unwrap_or(Group::Default),
            nodes: nodes.iter().filter(|node| joins(node.group)).collect(),
            primary: true,
        });
    }
    for group in groups.into_iter().filter(|group| !joins(*group)) {
        forms.push(alone(nodes, group, false));
    }
    forms
}

/// One form per method.
pub(super) fn one_each(nodes: &[Node]) -> Vec<Layout<'_>> {
    let each = groups(nodes).into_iter();
    each.map(|group| alone(nodes, group, true)).collect()
}

/// A method's own form: its nodes and the shared ones that nobody fills in, such as the CSRF token.
fn alone(nodes: &[Node], group: Group, primary: bool) -> Layout<'_> {
    let carries = |node: &&Node| {
        node.group == group
            || node.group == Group::Default && !is_fillable(node) && !is_button(node)
    };
    Layout {
        group,
        nodes: nodes.iter().filter(carries).collect(),
        primary,
    }
}

/// Groups other than the shared one, in order of appearance.
fn groups(nodes: &[Node]) -> Vec<Group> {
    let mut seen = Vec::new();
    for node in nodes {
        if node.group != Group::Default && !seen.contains(&node.group) {
            seen.push(node.group);
        }
    }
    seen
}

fn of(nodes: &[Node], group: Group) -> impl Iterator<Item = &Node> {
    nodes.iter().filter(move |node| node.group == group)
}

//! One HTML form of a page, and what concerns all forms of it: ids, focus, the list of problems.

use std::collections::HashSet;

use serde::Serialize;

use super::{
    field::{Button, Field, Remark, Surroundings, is_button},
    form::{Form, FormPage},
    layout::Layout,
};
use crate::ui::Method;

/// What the templates show as one form.
#[derive(Debug, Serialize)]
pub(super) struct Part {
    action: String,
    method: &'static str,
    /// For password managers, where the form itself has no field for the name.
    username: String,
    pub(super) heading: String,
    /// A line sets it apart from the form before it.
    after_line: bool,
    fields: Vec<Field>,
    buttons: Vec<Button>,
}

/// A line of the list of problems at the top.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    field: String,
    text: String,
}

/// The form for one layout of nodes.
pub(super) fn part(page: &FormPage<'_>, around: &Surroundings<'_>, layout: &Layout<'_>) -> Part {
    let mut shown: Vec<Field> = layout
        .nodes
        .iter()
        .filter(|node| !is_button(node))
        .map(|node| around.field(node))
        .collect();
    let last = shown.iter().rposition(Field::is_visible);
    for (at, field) in shown
        .iter_mut()
        .enumerate()
        .filter(|(_, field)| field.is_visible())
    {
        field.enterkeyhint = if Some(at) == last { "go" } else { "next" };
    }
    let (own, other): (Vec<_>, Vec<_>) = layout
        .nodes
        .iter()
        .filter_map(|node| Some((node.group, around.button(node)?)))
        .partition(|(group, _)| *group == layout.group);
    let mut buttons: Vec<Button> = own
        .into_iter()
        .chain(other)
        .map(|(_, button)| button)
        .collect();
    if let Some(first) = buttons.first_mut() {
        first.primary = layout.primary && !first.danger;
    }
    if let Some(second) = buttons.get_mut(1).filter(|_| page.form != Form::Settings) {
        second.after_line = true;
    }
    let asks_password = shown.iter().any(|field| field.kind == "password");
    let asks_name = shown
        .iter()
        .any(|field| field.is_visible() && field.kind != "password");
    Part {
        action: page.ui.action.clone(),
        method: match page.ui.method {
            Method::Get => "get",
            Method::Post => "post",
        },
        username: page
            .person
            .filter(|_| asks_password && !asks_name)
            .unwrap_or_default()
            .to_owned(),
        heading: String::new(),
        after_line: false,
        fields: shown,
        buttons,
    }
}

/// A line stands before each further form that asks something, and once before those that are only buttons.
pub(super) fn lines(parts: &mut [Part]) {
    let mut drawn = parts
        .iter()
        .any(|part| part.buttons.iter().any(|button| button.after_line));
    for part in parts.iter_mut().skip(1) {
        let asks = part.fields.iter().any(Field::is_visible);
        part.after_line = asks || !drawn;
        drawn = true;
    }
}

/// Two forms may hold a field of one name; an id is there once.
pub(super) fn unique_ids(parts: &mut [Part]) {
    let mut seen = HashSet::new();
    for field in parts.iter_mut().flat_map(|part| &mut part.fields) {
        if field.kind == "hidden" {
            continue;
        }
        let name = field.id.clone();
        let mut count = 1;
        while !seen.insert(field.id.clone()) {
            count += 1;
            field.id = format!("{name}-{count}");
        }
        field.describe();
    }
}

/// The first field with a problem has the focus; else, on a page with one thing to do, the first that is still empty.
pub(super) fn focus(form: Form, parts: &mut [Part], refused: bool) {
    let settings = form == Form::Settings;
    let mut fields: Vec<&mut Field> = parts
        .iter_mut()
        .flat_map(|part| &mut part.fields)
        .filter(|field| field.is_visible() && !field.disabled)
        .collect();
    let problem = fields.iter().position(|field| field.problems);
    let empty = fields
        .iter()
        .position(|field| field.value.is_empty() && field.kind != "checkbox" && !field.optional);
    let chosen = problem.or(empty.filter(|_| !settings || refused));
    if let Some(field) = chosen.and_then(|at| fields.get_mut(at)) {
        field.autofocus = true;
    }
}

/// All problems in one place, if there are several; those about the form as a whole move there.
pub(super) fn summary(messages: &mut Vec<Remark>, parts: &[Part]) -> Vec<Problem> {
    let whole = messages
        .iter()
        .filter(|message| message.kind == "error")
        .map(|message| Problem {
            field: String::new(),
            text: message.text.clone(),
        });
    let at_fields = fields(parts).flat_map(|field| {
        let errors = field.remarks.iter().filter(|remark| remark.kind == "error");
        errors.map(|remark| Problem {
            field: field.id.clone(),
            text: remark.text.clone(),
        })
    });
    let all: Vec<Problem> = whole.chain(at_fields).collect();
    if all.len() < 2 {
        return Vec::new();
    }
    messages.retain(|message| message.kind != "error");
    all
}

/// All fields of a page.
pub(super) fn fields(parts: &[Part]) -> impl Iterator<Item = &Field> {
    parts.iter().flat_map(|part| &part.fields)
}

/// Whether one of the messages is an error.
pub(super) fn has_error(messages: &[Remark]) -> bool {
    messages.iter().any(|message| message.kind == "error")
}

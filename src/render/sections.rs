//! Settings as people think of them, not as methods: profile, ways to sign in, two-step verification.

use serde::Serialize;

use super::{catalogue::Catalogue, part::Part};
use crate::ui::Group;

/// What `settings.html` shows below one heading.
#[derive(Debug, Serialize)]
pub(super) struct Section {
    id: String,
    heading: String,
    note: String,
    parts: Vec<Part>,
}

/// Settings as people think of them: the methods of one section stand together, in the order of the first.
pub(super) fn sections(
    texts: &Catalogue,
    groups: &[Group],
    parts: Vec<Part>,
    must_confirm: bool,
) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for (group, mut part) in groups.iter().zip(parts) {
        let kind = section(*group);
        let own = format!("settings.part.{}", group_name(*group));
        if kind != "profile" && texts.has(&own) {
            part.heading = texts.text(&own, &[]);
        }
        let id = format!("section-{kind}");
        if let Some(known) = sections.iter_mut().find(|section| section.id == id) {
            known.parts.push(part);
        } else {
            let heading = texts.text(&format!("settings.section.{kind}"), &[]);
            let parts = vec![part];
            let note = if must_confirm && kind != "profile" {
                texts.text("settings.confirm", &[])
            } else {
                String::new()
            };
            sections.push(Section {
                id,
                heading,
                note,
                parts,
            });
        }
    }
    sections
}

fn section(group: Group) -> &'static str {
    match group {
        Group::Profile => "profile",
        Group::Password | Group::Oidc | Group::Saml | Group::Passkey => "sign_in",
        Group::Totp | Group::LookupSecret | Group::Webauthn | Group::Code => "second_step",
        _ => "other",
    }
}

fn group_name(group: Group) -> &'static str {
    match group {
        Group::Default => "default",
        Group::Password => "password",
        Group::Oidc => "oidc",
        Group::Profile => "profile",
        Group::Link => "link",
        Group::Code => "code",
        Group::Totp => "totp",
        Group::LookupSecret => "lookup_secret",
        Group::Webauthn => "webauthn",
        Group::Passkey => "passkey",
        Group::IdentifierFirst => "identifier_first",
        Group::Captcha => "captcha",
        Group::Saml => "saml",
        Group::Deviceauthn => "deviceauthn",
    }
}

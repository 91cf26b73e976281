//! Making a flow's form: the CSRF node, what the methods offer, and the order of it all.

use serde_json::Value;

use super::{Ctx, Failure, Inner, Screen, Visit, limits::Counting, traits};
use crate::{
    config::{LoginStyle, RegistrationStyle},
    model::{Aal, CredentialType, Flow, FlowKind, FlowType, Identity},
    schema::Schema,
    ui::{Group, InputType, Node, Order, sort, text},
};

impl Inner {
    /// What steps may know about a flow.
    pub(super) fn ctx<'a>(
        &'a self,
        flow: &'a Flow,
        identity: Option<&'a Identity>,
        visit: &'a Visit,
    ) -> Ctx<'a> {
        Ctx {
            now: visit.now,
            flow,
            schema: self.schema(flow, identity),
            identity,
            privileged: visit
                .session()
                .is_some_and(|session| self.is_privileged(session, visit)),
            screen: self.first_screen(flow),
            signed_in: visit.session().is_some(),
            safe: visit.safe,
            headers: &visit.headers,
            links: &self.links,
            base_url: &self.config.serve.public.base_url,
            db: &self.db,
            counting: Counting::new(&self.throttle, visit),
        }
    }

    /// How a flow begins: with one of two screens, or with the only one. Two steps of a registration need the `profile` method for
    /// the first; a login that confirms a session knows who it is about.
    fn first_screen(&self, flow: &Flow) -> Screen {
        let settings = &self.config.selfservice;
        match flow.kind {
            FlowKind::Registration
                if settings.registration_style == RegistrationStyle::ProfileFirst
                    && self.registry.is_enabled(CredentialType::Profile) =>
            {
                Screen::Traits
            }
            FlowKind::Login
                if settings.login_style == LoginStyle::IdentifierFirst
                    && flow.requested_aal == Aal::Aal1
                    && !flow.refresh =>
            {
                Screen::Identifier
            }
            _ => Screen::Whole,
        }
    }

    /// Fills an empty form.
    pub(super) fn fill(&self, flow: &mut Flow, identity: Option<&Identity>, visit: &Visit) {
        let nodes = self.nodes(&self.ctx(flow, identity, visit));
        flow.ui.nodes = nodes;
        self.sort(flow, identity);
    }

    /// All nodes of a form, unsorted. What was already there by another method is not repeated.
    pub(super) fn nodes(&self, ctx: &Ctx<'_>) -> Vec<Node> {
        let asks_for_organization = ctx.flow.internal.contains_key(ORGANIZATION);
        let empty_api_step_up =
            ctx.flow.flow_type == FlowType::Api && ctx.flow.requested_aal == Aal::Aal2;
        let mut nodes = Vec::new();
        // Methods put the node of a verification where Kratos has it, and leave it out where Kratos does.
        let placed_by_method = ctx.flow.kind == FlowKind::Verification;
        if !empty_api_step_up && !placed_by_method {
            nodes.push(Node::csrf());
        }
        if ctx.flow.kind == FlowKind::Registration {
            nodes.extend(traits::nodes(ctx.schema, Group::Default, &Value::Null));
        }
        // Only methods that know organisations may serve one, and there is none yet.
        if !asks_for_organization {
            nodes.extend(self.registry.offer(ctx));
        }
        nodes
    }

    /// Puts the nodes of a flow into the order of flows 7.4.
    pub(super) fn sort(&self, flow: &mut Flow, identity: Option<&Identity>) {
        let schema = self.schema(flow, identity).clone();
        if let Some(order) = order(flow.kind, &schema) {
            order.sort(&mut flow.ui.nodes);
        }
    }

    /// The identity whose credentials a form depends on: always in settings, in a login only when it confirms a session.
    pub(super) async fn identity_of(
        &self,
        flow: &Flow,
        visit: &Visit,
    ) -> Result<Option<Identity>, Failure> {
        let confirms = flow.refresh || flow.requested_aal == Aal::Aal2;
        let needed = match flow.kind {
            FlowKind::Settings => true,
            FlowKind::Login => confirms,
            FlowKind::Registration | FlowKind::Recovery | FlowKind::Verification => false,
        };
        match visit.identity() {
            Some(identity) if needed => self.load_identity(identity.id).await,
            _ => Ok(None),
        }
    }
}

/// The field for who somebody is, named as the schema names it where it can (flows 2.2).
#[must_use]
pub fn labelled_identifier(schema: &Schema, group: Group) -> Node {
    let label = match schema.identifier_label() {
        Some((title, name)) => text::titled(title, name),
        None => text::identifier(),
    };
    Node::input("identifier", InputType::Text, group)
        .value("")
        .required()
        .label(label)
}

fn order(kind: FlowKind, schema: &Schema) -> Option<Order> {
    let fixed = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    let mut traits = traits::names(schema).into_iter();
    let (groups, keys) = match kind {
        FlowKind::Login => (
            sort::LOGIN_GROUPS,
            fixed(&["csrf_token", "identifier", "password"]),
        ),
        FlowKind::Registration => {
            let mut keys = fixed(&["csrf_token"]);
            keys.extend(traits.next());
            keys.push("password".to_owned());
            keys.extend(traits);
            keys.extend(fixed(&[
                "webauthn_remove",
                "webauthn_register_displayname",
                "webauthn_register",
            ]));
            (sort::REGISTRATION_GROUPS, keys)
        }
        FlowKind::Settings => {
            let mut keys: Vec<String> = traits.collect();
            keys.extend(fixed(SETTINGS_KEYS));
            (sort::SETTINGS_GROUPS, keys)
        }
        FlowKind::Recovery | FlowKind::Verification => return None,
    };
    Some(Order { groups, keys })
}

/// Where a flow keeps the organisation that was asked for.
pub(super) const ORGANIZATION: &str = "organization_id";

const SETTINGS_KEYS: &[&str] = &[
    "lookup_secret_reveal",
    "lookup_secret_regenerate",
    "lookup_secret_codes",
    "lookup_secret_confirm",
    "webauthn_remove",
    "webauthn_register_displayname",
    "webauthn_register",
    "passkey_remove",
    "passkey_register",
    "totp_qr",
    "totp_secret_key",
    "totp_unlink",
    "totp_code",
];

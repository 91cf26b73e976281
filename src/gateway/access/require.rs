//! What a route asks of somebody beside a session: compiled at load, looked up in the snapshot (gateway 5.1).

use std::{net::IpAddr, time::Duration};

use serde_json::Value;
use uuid::Uuid;

use super::words;
use crate::{
    clock::Timestamp,
    config::{
        Access, Expression, Groups, Networks, OnUnenrolled, Require, RequiredAal, RequiredLevel,
        Variable, Verified,
    },
    gateway::error::{Key, Unmet},
    model::{Aal, AccessToken, Channel, CredentialType, Identity},
    session::{Assurance, Snapshot, assurance},
};

/// The ways to be let in; one that holds is enough.
pub struct Requirements(Box<[Way]>);

/// One way, in the order of the specification's table: what is cheap comes first.
struct Way(Box<[Check]>);

enum Check {
    Aal(RequiredLevel, OnUnenrolled),
    MaxAge(Duration),
    Verified(Verified),
    Methods(Box<[CredentialType]>, OnUnenrolled),
    Providers(Words),
    Schemas(Words),
    Identities(Box<[Uuid]>),
    Emails(Words),
    EmailDomains(Words),
    Groups(Box<[Box<str>]>, Groups),
    Scopes(Box<[String]>),
    ClientIps(Networks),
    Expression(Expression),
}

type Words = Box<[Box<str>]>;

/// Who asks, and what an expression may ask about the request.
pub(in crate::gateway) struct Visitor<'a> {
    /// When.
    pub now: Timestamp,
    /// Who.
    pub snapshot: &'a Snapshot,
    /// From where.
    pub ip: IpAddr,
    /// The route's id.
    pub route: &'a str,
    /// Makes the value of a variable.
    pub variable: &'a dyn Fn(Variable) -> Value,
}

impl Requirements {
    /// Compiles what a route asks; nothing if a session is enough.
    pub(in crate::gateway) fn compile(access: &Access, groups_from: &str) -> Option<Self> {
        let ways = access.require.iter();
        let ways: Box<[Way]> = ways
            .map(|require| Way::compile(require, access.on_unenrolled, groups_from))
            .collect();
        (!ways.is_empty()).then_some(Self(ways))
    }

    /// Whether somebody may pass.
    ///
    /// # Errors
    /// What stands in the way: of the way with the fewest obstacles, its first, and one that can be overcome only if all others are met
    ///
    pub(in crate::gateway) fn check(&self, visitor: &Visitor<'_>) -> Result<(), Unmet> {
        if let [only] = &*self.0 {
            return only.check(visitor);
        }
        let mut best: Option<(usize, Unmet)> = None;
        for way in &self.0 {
            let Err(unmet) = way.check(visitor) else {
                return Ok(());
            };
            let obstacles = way.obstacles(visitor).count();
            if best.as_ref().is_none_or(|(fewest, _)| obstacles < *fewest) {
                best = Some((obstacles, unmet));
            }
        }
        best.map_or(Ok(()), |(_, unmet)| Err(unmet))
    }
}

impl Way {
    fn compile(require: &Require, on_unenrolled: OnUnenrolled, groups_from: &str) -> Self {
        let mut checks = Vec::new();
        checks.extend(require.aal.map(|level| Check::Aal(level, on_unenrolled)));
        checks.extend(require.max_age.map(Check::MaxAge));
        checks.extend(require.verified.map(Check::Verified));
        if !require.methods.is_empty() {
            let methods = require.methods.iter();
            let methods = methods.filter_map(|name| name.parse().ok()).collect();
            checks.push(Check::Methods(methods, on_unenrolled));
        }
        for (list, check) in [
            (&require.providers, Check::Providers as fn(Words) -> Check),
            (&require.schemas, Check::Schemas),
        ] {
            checks.extend((!list.is_empty()).then(|| check(boxed(list))));
        }
        if !require.identities.is_empty() {
            checks.push(Check::Identities(require.identities.as_slice().into()));
        }
        for (list, check) in [
            (&require.emails, Check::Emails as fn(Words) -> Check),
            (&require.email_domains, Check::EmailDomains),
        ] {
            checks.extend((!list.is_empty()).then(|| check(boxed(list))));
        }
        if !require.groups.is_empty() {
            let path = groups_from.split('.').map(Into::into).collect();
            checks.push(Check::Groups(path, require.groups.clone()));
        }
        if !require.scopes.is_empty() {
            checks.push(Check::Scopes(require.scopes.as_slice().into()));
        }
        if !require.client_ips.is_any() {
            checks.push(Check::ClientIps(require.client_ips.clone()));
        }
        checks.extend(require.expression.clone().map(Check::Expression));
        Self(checks.into())
    }

    fn check(&self, visitor: &Visitor<'_>) -> Result<(), Unmet> {
        let mut obtainable = None;
        for unmet in self.obstacles(visitor) {
            if !unmet.is_obtainable() {
                return Err(unmet);
            }
            obtainable.get_or_insert(unmet);
        }
        obtainable.map_or(Ok(()), Err)
    }

    fn obstacles<'a>(&'a self, visitor: &'a Visitor<'a>) -> impl Iterator<Item = Unmet> + 'a {
        self.0.iter().filter_map(|check| check.unmet(visitor))
    }
}

impl Check {
    fn unmet(&self, visitor: &Visitor<'_>) -> Option<Unmet> {
        let snapshot = visitor.snapshot;
        let (session, identity) = (&snapshot.session, &snapshot.identity);
        let (holds, key) = match self {
            Self::Aal(level, on_unenrolled) => return factors(snapshot, *level, *on_unenrolled),
            Self::MaxAge(longest) => {
                let age = visitor.now.since(session.authenticated_at);
                // A token is no sign-in, however new it is (gateway 7).
                let is_fresh = snapshot.access_token().is_none() && age <= *longest;
                return (!is_fresh).then_some(Unmet::Fresh);
            }
            Self::Verified(via) => return (!proven(identity, *via)).then_some(Unmet::Verified),
            Self::Methods(wanted, on_unenrolled) => {
                if session
                    .methods
                    .iter()
                    .any(|used| wanted.contains(&used.method))
                {
                    return None;
                }
                let second = wanted.iter().any(|method| SECOND.contains(method));
                let step_up = second
                    .then(|| factors(snapshot, RequiredLevel::Aal2, *on_unenrolled))
                    .flatten()
                    .filter(|unmet| *unmet == Unmet::SecondFactor);
                return Some(step_up.unwrap_or(Unmet::Denied(Key::Methods)));
            }
            Self::Providers(wanted) => {
                let mut used = session
                    .methods
                    .iter()
                    .filter_map(|used| used.provider.as_deref());
                (used.any(|provider| has(wanted, provider)), Key::Providers)
            }
            Self::Schemas(wanted) => (has(wanted, &identity.schema_id), Key::Schemas),
            Self::Identities(wanted) => (wanted.contains(&identity.id.0), Key::Identities),
            Self::Emails(wanted) => (
                emails(identity).any(|address| has(wanted, &address)),
                Key::Emails,
            ),
            Self::EmailDomains(wanted) => {
                let mut addresses = emails(identity);
                let within = addresses.any(|address| {
                    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
                    has(wanted, domain)
                });
                (within, Key::EmailDomains)
            }
            Self::Groups(path, groups) => (member(identity, path, groups), Key::Groups),
            Self::Scopes(wanted) => {
                let granted = |token: &AccessToken| {
                    let granted = &token.reach.scopes;
                    wanted.iter().all(|scope| granted.contains(scope))
                };
                (snapshot.access_token().is_none_or(granted), Key::Scopes)
            }
            Self::ClientIps(networks) => (networks.contains(visitor.ip), Key::ClientIps),
            Self::Expression(expression) => (words::holds(expression, visitor), Key::Expression),
        };
        (!holds).then_some(Unmet::Denied(key))
    }
}

/// What is missing of a level.
fn factors(
    snapshot: &Snapshot,
    level: RequiredLevel,
    on_unenrolled: OnUnenrolled,
) -> Option<Unmet> {
    let has_unused =
        || assurance(snapshot, RequiredAal::HighestAvailable) == Assurance::SecondFactorNeeded;
    match level {
        RequiredLevel::Aal1 if snapshot.session.aal < Aal::Aal1 => Some(Unmet::Fresh),
        RequiredLevel::HighestAvailable if has_unused() => Some(Unmet::SecondFactor),
        // Nobody can set up a factor with a token: its owner would make another one.
        RequiredLevel::Aal2 if snapshot.session.aal < Aal::Aal2 => {
            Some(if has_unused() || snapshot.access_token().is_some() {
                Unmet::SecondFactor
            } else if on_unenrolled == OnUnenrolled::Enroll {
                Unmet::Enrolment
            } else {
                Unmet::Denied(Key::Aal)
            })
        }
        _ => None,
    }
}

fn proven(identity: &Identity, via: Verified) -> bool {
    let mut addresses = identity.verifiable_addresses.iter();
    addresses.any(|address| {
        address.verified
            && match via {
                Verified::Email => address.via == Channel::Email,
                Verified::Sms => address.via == Channel::Sms,
                Verified::Any => true,
            }
    })
}

/// Proven e-mail addresses in lower case: nobody gets in by an address that they only claim.
fn emails(identity: &Identity) -> impl Iterator<Item = String> {
    let addresses = identity.verifiable_addresses.iter();
    addresses
        .filter(|address| address.verified && address.via == Channel::Email)
        .map(|address| address.value.to_lowercase())
}

/// Only texts of a list are groups. What `none` excludes stays out also where there is no list.
fn member(identity: &Identity, path: &[Box<str>], groups: &Groups) -> bool {
    let list = within(identity, path).and_then(Value::as_array);
    let list = list.map(Vec::as_slice).unwrap_or_default();
    let is_in = |group: &String| {
        list.iter()
            .any(|entry| entry.as_str() == Some(group.as_str()))
    };
    (groups.any.is_empty() || groups.any.iter().any(is_in))
        && groups.all.iter().all(is_in)
        && !groups.none.iter().any(is_in)
}

fn within<'a>(identity: &'a Identity, path: &[Box<str>]) -> Option<&'a Value> {
    let (root, rest) = path.split_first()?;
    let (field, rest) = rest.split_first()?;
    let value = match (root.as_ref(), field.as_ref()) {
        ("identity", "traits") => &identity.traits,
        ("identity", "metadata_public") => &identity.metadata_public,
        ("identity", "metadata_admin") => &identity.metadata_admin,
        _ => return None,
    };
    rest.iter()
        .try_fold(value, |value, word| value.get(word.as_ref()))
}

fn has(words: &[Box<str>], word: &str) -> bool {
    words.iter().any(|known| **known == *word)
}

fn boxed(list: &[String]) -> Words {
    list.iter().map(|text| text.as_str().into()).collect()
}

/// Factors that come second.
const SECOND: &[CredentialType] = &[
    CredentialType::Totp,
    CredentialType::LookupSecret,
    CredentialType::Webauthn,
    CredentialType::Code,
];

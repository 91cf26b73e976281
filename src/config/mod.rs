//! The configuration: what the program believes ([`Config`]), made from what the file says (`raw`).
//!
//! One file, strict: every mistake of a run is reported with its place and a way out (gateway ). Sections that belong
//! to an authentication method stay located nodes ([`Section`]) that their owner reads at start.

mod check;
mod courier;
mod expression;
mod finding;
mod gateway;
mod identity;
mod include;
mod keys;
mod load;
mod operations;
mod outgoing;
mod raw;
mod read;
mod require;
mod rules;
pub mod secrets;
mod section;
mod selfservice;
mod serve;
mod template;
#[cfg(test)]
mod tests;
mod throttle;
mod upstream;

pub use courier::{CourierSettings, MailChannel, Smtp, SmtpSecurity};
pub use expression::{BadExpression, Expression, Variable};
pub use finding::{Finding, Kind, Level};
pub use gateway::{
    Access, AccessMode, Authenticator, EmailSource, FieldMatch, FieldTest, Gateway, HeaderTemplate,
    HostHeader, HostPattern, IdentityHeaders, Networks, OnUnauthenticated, PathPattern,
    PathSettings, Route, RouteAction, RouteMatch, SessionCacheSettings, UnderscoreHeaders,
};
pub use identity::{IdentitySettings, SchemaSource};
pub use keys::reference;
pub use load::{Examined, LoadOptions, Loaded, examine, examine_text, load, load_text};
pub use operations::{
    AccessLog, Argon2Settings, HashAlgorithm, Hashers, Limits, Log, LogFormat, Secrets,
};
pub(crate) use outgoing::is_remote;
pub use outgoing::{HttpAuth, HttpRequest, Outgoing};
pub use raw::Place;
pub use require::{Groups, Level as RequiredLevel, OnUnenrolled, Require, Verified};
pub use section::{Located, Section};
pub use selfservice::{
    After, FeatureFlags, FlowSettings, Hook, LoginStyle, MethodSettings, Recipients,
    RegistrationStyle, RequiredAal, SelfService, Strategy,
};
pub use serve::{
    Certificate, Cookies, Cors, Decisions, Http2Limits, Listener, ProxyProtocol, SameSite, Serve,
    ServePublic, SessionSettings, Storage, Tls,
};
pub use template::{Template, template};
pub use throttle::{Bucket, FirstFactor, KnownDevices, SecondFactor, Sends, ThrottleSettings};
pub use upstream::{
    ActiveHealth, Failure, HashOn, Health, PassiveHealth, Policy, Protocol, Retry, Target,
    TargetAddress, Timeouts, Upstream, UpstreamTls,
};

/// A whole configuration, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Development mode: insecure cookies, alias hosts, no throttling (gateway ).
    pub dev: bool,
    /// Where identities and sessions are kept.
    pub storage: Storage,
    /// Listeners and their base URLs.
    pub serve: Serve,
    /// Session lifetime and cookie.
    pub session: SessionSettings,
    /// Cookies other than the session's.
    pub cookies: Cookies,
    /// Self-service flows and methods.
    pub selfservice: SelfService,
    /// Identity schemas.
    pub identity: IdentitySettings,
    /// Keys; filled in at start when the file names none.
    pub secrets: Secrets,
    /// Mail and text messages.
    pub courier: CourierSettings,
    /// Where requests of this server may go.
    pub outgoing: Outgoing,
    /// Password hashing.
    pub hashers: Hashers,
    /// Logs.
    pub log: Log,
    /// Limits of our own endpoints.
    pub limits: Limits,
    /// Opt-ins of Kratos.
    pub features: FeatureFlags,
    /// Account enumeration is masked (`security.account_enumeration.mitigate`).
    pub mitigate_enumeration: bool,
    /// How often something may be tried.
    pub throttle: ThrottleSettings,
    /// What concerns all routes.
    pub gateway: Gateway,
    /// Routes, in the file's order.
    pub routes: Vec<Route>,
    /// The file had a `routes` key; without one the Kratos endpoints answer on every host (gateway ).
    pub has_routes: bool,
    /// How long a stopping process waits: (delay before it stops accepting, for requests, for tunnels) (gateway ).
    pub drain: Drain,
}

/// How a stopping process winds down (gateway ).
#[derive(Clone, Copy, Debug)]
pub struct Drain {
    /// Between "not ready" and closing the listeners.
    pub delay: std::time::Duration,
    /// For requests under way.
    pub timeout: std::time::Duration,
    /// For upgraded connections.
    pub upgrades: std::time::Duration,
}

/// A network or a single address.
///
/// # Errors
/// What is wrong with the text and how to write it, in words for its writer.
pub fn network(text: &str) -> Result<ipnet::IpNet, String> {
    check::network(text).map_err(|(message, hint)| format!("{message}: {hint}"))
}

/// A duration of the file: Go's units and days (`500ms 10s 5m 1h30m 30d`, gateway ).
///
/// # Errors
/// What is wrong with the text, in words for its writer.
pub fn duration(text: &str) -> Result<std::time::Duration, String> {
    let mut total = std::time::Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .ok_or("needs a unit: 500ms, 10s, 5m, 1h30m or 30d")?;
        let (number, tail) = rest.split_at(digits);
        let number: u64 = number
            .parse()
            .map_err(|_| "needs a number before each unit, as in 1h30m")?;
        let unit = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let nanos: u64 = match unit {
            "ns" => 1,
            "us" | "µs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            _ => {
                return Err(format!(
                    "does not know the unit `{unit}`: ns, us, ms, s, m, h or d"
                ));
            }
        };
        let part = number.checked_mul(nanos).ok_or("is too long")?;
        total = total
            .checked_add(std::time::Duration::from_nanos(part))
            .ok_or("is too long")?;
        rest = tail;
    }
    if text.is_empty() {
        Err("is empty".to_owned())
    } else {
        Ok(total)
    }
}

//! Types of scalars, by the words the tables use.

/// Type of a scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// Anything, unchecked.
    Any,
    /// `true` or `false`.
    Bool,
    /// The same, or the word in quotes, as Kratos' schema has it for `secure`.
    Boolish,
    /// A whole number within bounds.
    Int(i64, i64),
    /// A number.
    Number,
    /// A share such as `20%`.
    Percent,
    /// A duration; the flag says whether it must be longer than nothing.
    Duration { positive: bool },
    /// A duration or `off`, never zero.
    Timeout,
    /// A size such as `64KiB`.
    Size,
    /// One of these words.
    Enum(Vec<&'static str>),
    /// A text of one of these forms.
    Text(Text),
    /// An entry of a list of hooks: these names may stand here.
    Hook(Vec<&'static str>),
}

/// Forms of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// No form.
    Free,
    /// `http://` or `https://`.
    Url,
    /// Any absolute URL.
    Uri,
    /// A URL, or a path beginning with `/`.
    Reference,
    /// A URL whose file exists, if it names one.
    FileUri,
    /// The same, or the built-in schema.
    SchemaUri,
    /// `https`, or `http` on this machine.
    DecisionUrl,
    /// `smtp://` or `smtps://`.
    Smtp,
    /// Where log lines go.
    LogTarget,
    /// Where data is kept.
    Dsn,
    /// Where to listen.
    Address,
    /// Where to listen, without a port.
    Bind,
    /// A host to match.
    HostPattern,
    /// One host name or address.
    PlainHost,
    /// The domain of a cookie.
    Domain,
    /// Begins with `/`.
    Path,
    /// A path to match with what is below it.
    Prefix,
    /// A path to match.
    Exact,
    /// A path with `*`.
    Glob,
    /// A pattern.
    Regex,
    /// An HTTP method.
    Method,
    /// A header name.
    Header,
    /// An HTTP token.
    Token,
    /// A protocol to upgrade to.
    Upgrade,
    /// An origin.
    Origin,
    /// An origin, perhaps with a leading wildcard label, or `*`.
    CorsOrigin,
    /// A network; `unix` where the flag says so, `!` before it where `Not` does.
    Cidr,
    /// A network or `unix`.
    CidrOrUnix,
    /// A network, perhaps with `!` before it.
    CidrOrNot,
    /// An id of an identity.
    Uuid,
    /// A name of.
    Name,
    /// A rate such as `100/1m`.
    Rate,
    /// What is counted by a rate.
    RateKey,
    /// An expression.
    Expression,
    /// A text with `{{ … }}`.
    Template,
    /// A key of at least 16 characters.
    Secret,
    /// A key of 32 characters.
    Cipher,
    /// A target of an upstream.
    Target,
    /// A name of an upstream, or a target.
    Upstream,
    /// A short form of `access`.
    Access,
}

impl Type {
    /// The type behind a word of the tables.
    pub(crate) fn parse(word: &'static str) -> Option<Self> {
        if let Some(inner) = argument(word, "enum") {
            return Some(Self::Enum(inner.split(',').collect()));
        }
        if let Some(inner) = argument(word, "hook") {
            return Some(Self::Hook(inner.split(',').collect()));
        }
        if let Some(inner) = argument(word, "int") {
            let (low, high) = inner.split_once("..")?;
            let high = if high.is_empty() {
                i64::from(i32::MAX)
            } else {
                high.parse().ok()?
            };
            return Some(Self::Int(low.parse().ok()?, high));
        }
        Some(match word {
            "any" => Self::Any,
            "bool" => Self::Bool,
            "boolish" => Self::Boolish,
            "number" => Self::Number,
            "percent" => Self::Percent,
            "dur" => Self::Duration { positive: false },
            "dur+" => Self::Duration { positive: true },
            "timeout" => Self::Timeout,
            "size" => Self::Size,
            _ => Self::Text(Text::parse(word)?),
        })
    }

    /// "expected …".
    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Any => "a value".to_owned(),
            Self::Bool | Self::Boolish => "true or false".to_owned(),
            Self::Int(low, high) if *high == i64::from(i32::MAX) => {
                format!("an integer of at least {low}")
            }
            Self::Int(low, high) => format!("an integer from {low} to {high}"),
            Self::Number => "a number".to_owned(),
            Self::Percent => "a percentage like 20%".to_owned(),
            Self::Duration { .. } => "a duration like 5m or 300s".to_owned(),
            Self::Timeout => "a duration like 30s, or off".to_owned(),
            Self::Size => "a size like 64KiB or 10MiB".to_owned(),
            Self::Enum(words) => format!("one of {}", words.join(", ")),
            Self::Hook(_) => "a map such as {hook: session}".to_owned(),
            Self::Text(text) => text.expected().to_owned(),
        }
    }
}

fn argument(word: &'static str, name: &str) -> Option<&'static str> {
    word.strip_prefix(name)?
        .strip_prefix('(')?
        .strip_suffix(')')
}

impl Text {
    fn parse(word: &str) -> Option<Self> {
        let words = WORDS.iter().find(|(name, _, _)| *name == word);
        words.map(|(_, text, _)| *text)
    }

    fn expected(self) -> &'static str {
        let words = WORDS.iter().find(|(_, text, _)| *text == self);
        words.map_or("a string", |(_, _, expected)| expected)
    }
}

const WORDS: &[(&str, Text, &str)] = &[
    ("text", Text::Free, "a string"),
    ("url", Text::Url, "a URL like https://auth.example.com/"),
    ("uri", Text::Uri, "a URL"),
    (
        "ref",
        Text::Reference,
        "a URL, or a path that begins with /",
    ),
    (
        "fileuri",
        Text::FileUri,
        "a URL like file:///etc/vestibule/person.schema.json",
    ),
    (
        "schemauri",
        Text::SchemaUri,
        "a URL like file:///etc/vestibule/person.schema.json",
    ),
    ("decisionurl", Text::DecisionUrl, "an https URL"),
    (
        "logtarget",
        Text::LogTarget,
        "stdout, stderr, off or a path that begins with /",
    ),
    (
        "smtp",
        Text::Smtp,
        "a mail server like smtp://mail.example.com:587/",
    ),
    ("dsn", Text::Dsn, "sqlite:///path.db?_fk=true or memory"),
    (
        "address",
        Text::Address,
        "host:port, [v6]:port, :port or unix:/path",
    ),
    (
        "bind",
        Text::Bind,
        "an address to listen on, such as 127.0.0.1",
    ),
    (
        "hostpattern",
        Text::HostPattern,
        "a host like wiki.example.com or *.example.com",
    ),
    ("plainhost", Text::PlainHost, "a host name"),
    ("domain", Text::Domain, "a domain like example.com"),
    ("path", Text::Path, "a path that begins with /"),
    ("prefix", Text::Prefix, "a path that begins with /"),
    ("exact", Text::Exact, "a path that begins with /"),
    ("glob", Text::Glob, "a path with * in it"),
    ("regex", Text::Regex, "a regular expression"),
    ("method", Text::Method, "a method like GET"),
    ("header", Text::Header, "the name of a header"),
    ("token", Text::Token, "a name without spaces"),
    ("upgrade", Text::Upgrade, "a protocol like websocket"),
    (
        "origin",
        Text::Origin,
        "an origin like https://app.example.com",
    ),
    (
        "corsorigin",
        Text::CorsOrigin,
        "an origin like https://app.example.com",
    ),
    ("cidr", Text::Cidr, "a network (CIDR) like 10.0.0.0/8"),
    (
        "cidr+",
        Text::CidrOrUnix,
        "a network (CIDR) like 10.0.0.0/8, or unix",
    ),
    (
        "cidr-not",
        Text::CidrOrNot,
        "a network (CIDR) like 10.0.0.0/8",
    ),
    ("name", Text::Name, "a name of a-z, 0-9, `.`, `_` and `-`"),
    (
        "uuid",
        Text::Uuid,
        "an id like 9f425a8d-7efc-4768-8f23-7647a74fdf13",
    ),
    ("rate", Text::Rate, "a rate like 100/1m"),
    (
        "ratekey",
        Text::RateKey,
        "ip, identity, session, credential, route or header:NAME",
    ),
    ("expr", Text::Expression, "an expression"),
    (
        "template",
        Text::Template,
        "a template like {{ identity.id }}",
    ),
    ("secret", Text::Secret, "a string of at least 16 characters"),
    ("cipher", Text::Cipher, "a string of 32 characters"),
    ("target", Text::Target, "a URL like http://10.0.0.5:8080"),
    (
        "upstream",
        Text::Upstream,
        "the name of an upstream, or a URL like http://10.0.0.5:8080",
    ),
    (
        "access",
        Text::Access,
        "public, optional, authenticated or deny, or a map",
    ),
];

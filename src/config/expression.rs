//! `require.expression`: CEL, compiled and tried at load, over what is known of a request (gateway 5.2).

use std::{
    collections::HashMap,
    fmt,
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock},
};

use cel::{
    Context, Env, ExecutionError, IdedExpr, Program, Value,
    common::ast::{Expr, LiteralValue},
    extractors::This,
    objects::{Key, Map},
};
use chrono::DateTime;
use ipnet::IpNet;
use serde_json::{Value as Json, json};

/// A compiled expression. Clones share it.
#[derive(Clone)]
pub struct Expression(Arc<Inner>);

struct Inner {
    source: String,
    program: Program,
    /// The variables it reads: only those are made.
    reads: Box<[Variable]>,
}

/// A variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    /// Whose credential it is.
    Identity,
    /// The session.
    Session,
    /// What was presented.
    Credential,
    /// The request.
    Request,
    /// The route.
    Route,
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadExpression {
    /// In words.
    pub message: String,
    /// A way out.
    pub hint: String,
}

impl Variable {
    const ALL: [Self; 5] = [
        Self::Identity,
        Self::Session,
        Self::Credential,
        Self::Request,
        Self::Route,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Session => "session",
            Self::Credential => "credential",
            Self::Request => "request",
            Self::Route => "route",
        }
    }

    /// Values of the declared shape, to try an expression on.
    fn sample(self) -> Json {
        let address = "192.0.2.1";
        match self {
            Self::Identity => json!({
                "id": "00000000-0000-4000-8000-000000000000", "schema_id": "default", "state": "active",
                "traits": {}, "metadata_public": {}, "metadata_admin": {},
                "verifiable_addresses": [{"value": "a@example.com", "via": "email", "verified": true}],
                "organization_id": "", "external_id": "",
            }),
            Self::Session => json!({
                "id": "00000000-0000-4000-8000-000000000000", "aal": "aal1", "methods": ["password"],
                "issued_at": 0, "authenticated_at": 0, "expires_at": 0, "client_ip": address,
            }),
            Self::Credential => {
                json!({"kind": "session", "scopes": ["a"], "name": "", "claims": {}})
            }
            Self::Request => json!({
                "method": "GET", "host": "example.com", "path": "/", "query": {}, "headers": {},
                "client_ip": address, "scheme": "https", "time": 0,
            }),
            Self::Route => json!({"id": "app", "captures": {}}),
        }
    }
}

impl Expression {
    /// Compiles an expression and tries it on samples.
    ///
    /// # Errors
    /// When it cannot be parsed, reads a variable there is none of, or is no condition.
    pub fn compile(source: &str) -> Result<Self, BadExpression> {
        if source.len() > LONGEST {
            let length = source.len();
            return Err(bad(
                format!("an expression has at most 4 KiB, this one has {length}"),
                "",
            ));
        }
        // The parser is a guest here: should it panic, that is one expression less, not one process.
        let parsed = catch_unwind(|| Program::compile(source))
            .map_err(|_| bad("the expression cannot be parsed", ""))?;
        let program = parsed.map_err(|errors| {
            let first = errors.errors.first();
            let column = first.map_or(1, |error| error.pos.1.saturating_add(1));
            let words = first.map_or("it is not valid", |error| {
                error.msg.lines().next().unwrap_or_default()
            });
            let message = format!("in the expression, at its character {column}: {words}");
            bad(
                message,
                "it is CEL, such as: identity.schema_id == \"staff\"",
            )
        })?;
        let bound = walk(program.expression())?;
        let reads = known(&program, &bound)?;
        let made = Self(Arc::new(Inner {
            source: source.to_owned(),
            program,
            reads,
        }));
        made.try_out()?;
        Ok(made)
    }

    /// Its text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Whether it reads a variable.
    #[must_use]
    pub fn reads(&self, variable: Variable) -> bool {
        self.0.reads.contains(&variable)
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// What went wrong on the way, which counts as a no.
    pub fn holds(&self, value: impl Fn(Variable) -> Json) -> Result<bool, String> {
        match self.run(value) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err("it came to something that is no bool".to_owned()),
            Err(Some(error)) => Err(error.to_string()),
            Err(None) => Err("it could not be evaluated".to_owned()),
        }
    }

    fn run(&self, value: impl Fn(Variable) -> Json) -> Result<Value, Option<ExecutionError>> {
        let mut context = context();
        for variable in &self.0.reads {
            let mut value = value(*variable);
            let times = take_times(*variable, &mut value);
            let mut value = convert(&value);
            if let Value::Map(Map { map }) = &mut value {
                Arc::make_mut(map).extend(times);
            }
            context.add_variable_from_value(variable.name(), value);
        }
        catch_unwind(AssertUnwindSafe(|| self.0.program.execute(&context)))
            .map_err(|_| None)?
            .map_err(Some)
    }

    fn try_out(&self) -> Result<(), BadExpression> {
        match self.run(Variable::sample) {
            // What metadata holds is not known here.
            Ok(Value::Bool(_)) | Err(Some(ExecutionError::NoSuchKey(_))) => Ok(()),
            Ok(other) => Err(bad(
                format!("the expression must be a bool, and it is {}", words(&other)),
                format!("compare it: {} == …", self.0.source.trim()),
            )),
            Err(Some(error @ ExecutionError::UndeclaredReference(_))) => {
                Err(bad(error.to_string(), "functions are those of CEL, and ip"))
            }
            // A value of another type may come with real data.
            Err(Some(_)) if !self.0.reads.is_empty() => Ok(()),
            Err(error) => Err(bad(
                error.map_or_else(|| "the expression fails".to_owned(), |e| e.to_string()),
                "",
            )),
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.0.source).finish()
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.0.source == other.0.source
    }
}

fn bad(message: impl Into<String>, hint: impl Into<String>) -> BadExpression {
    BadExpression {
        message: message.into(),
        hint: hint.into(),
    }
}

fn words(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => "a number",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Null => "null",
        _ => "something else",
    }
}

/// The variables it reads; others there are none of.
fn known(program: &Program, bound: &[&str]) -> Result<Box<[Variable]>, BadExpression> {
    let references = program.references();
    let mut reads = Vec::new();
    for name in references.variables() {
        if name.starts_with('@') || bound.contains(&name) {
            continue;
        }
        let mut all = Variable::ALL.iter();
        let Some(variable) = all.find(|variable| variable.name() == name) else {
            let names = Variable::ALL.map(Variable::name).join(", ");
            return Err(bad(
                format!("the expression reads `{name}`, and there is no such variable"),
                format!("there are {names}"),
            ));
        };
        reads.push(*variable);
    }
    Ok(reads.into())
}

/// The names that macros such as `exists` bind. A pattern must be written out: one that comes with the request would be its
/// sender's program.
fn walk(expression: &IdedExpr) -> Result<Vec<&str>, BadExpression> {
    let mut bound = Vec::new();
    let mut open = vec![expression];
    while let Some(next) = open.pop() {
        match &next.expr {
            Expr::Call(call) => {
                let pattern = call.args.last().map(|argument| &argument.expr);
                let literal = matches!(pattern, Some(Expr::Literal(LiteralValue::String(_))));
                if call.func_name == "matches" && !literal {
                    return Err(bad(
                        "the pattern of `matches` must be written out",
                        "write matches(\"…\")",
                    ));
                }
                open.extend(call.args.iter().chain(call.target.as_deref()));
            }
            Expr::Comprehension(all) => {
                bound.push(all.iter_var.as_str());
                bound.extend(all.iter_var2.as_deref());
                open.extend([
                    &all.iter_range,
                    &all.accu_init,
                    &all.loop_cond,
                    &all.loop_step,
                    &all.result,
                ]);
            }
            Expr::List(list) => open.extend(&list.elements),
            Expr::Select(select) => open.push(&select.operand),
            _ => {}
        }
    }
    Ok(bound)
}

/// The standard functions, and `ip(x).in_cidr("10.0.0.0/8")`.
fn context() -> Context<'static, 'static> {
    static STANDARD: OnceLock<Arc<Env>> = OnceLock::new();
    let standard = STANDARD.get_or_init(|| Arc::new(Env::stdlib()));
    let mut context = Context::with_env(Arc::clone(standard));
    // Neither name is one of the standard's, which is all that could be refused here.
    let _ = context.add_function("ip", |text: Arc<String>| {
        let parsed = text.parse::<IpAddr>();
        let address = parsed.map(|ip| Arc::new(ip.to_string()));
        address.map_err(|_| fault("ip", "no address"))
    });
    let _ = context.add_function(
        "in_cidr",
        |This(ip): This<Arc<String>>, network: Arc<String>| {
            let ip: IpAddr = ip.parse().map_err(|_| fault("in_cidr", "no address"))?;
            let network: IpNet = network
                .parse()
                .map_err(|_| fault("in_cidr", "no network"))?;
            Ok::<bool, ExecutionError>(network.contains(&ip))
        },
    );
    context
}

fn fault(function: &str, message: &str) -> ExecutionError {
    ExecutionError::function_error(function, message)
}

/// Times come as seconds since 1970, and are times to expressions.
fn take_times(variable: Variable, value: &mut Json) -> Vec<(Key, Value)> {
    let names: &[&str] = match variable {
        Variable::Request => &["time"],
        Variable::Session => &["issued_at", "authenticated_at", "expires_at"],
        _ => &[],
    };
    let Some(members) = value.as_object_mut() else {
        return Vec::new();
    };
    let times = names.iter().filter_map(|name| {
        let seconds = members.remove(*name)?.as_i64()?;
        let time = DateTime::from_timestamp(seconds, 0)?.fixed_offset();
        Some((
            Key::String(Arc::new((*name).to_owned())),
            Value::Timestamp(time),
        ))
    });
    times.collect()
}

fn convert(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Int(whole),
            (None, Some(number)) => Value::Float(number),
            (None, None) => Value::Null,
        },
        Json::String(text) => Value::String(Arc::new(text.clone())),
        Json::Array(items) => Value::List(Arc::new(items.iter().map(convert).collect())),
        Json::Object(members) => {
            let pairs = members.iter().map(|(name, value)| {
                let key = Key::String(Arc::new(name.clone()));
                (key, convert(value))
            });
            Value::Map(Map {
                map: Arc::new(pairs.collect::<HashMap<_, _>>()),
            })
        }
    }
}

/// Bytes of source.
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(source: &str) -> Result<bool, String> {
        let expression = Expression::compile(source).map_err(|bad| bad.message)?;
        expression.holds(|variable| match variable {
            Variable::Identity => json!({
                "schema_id": "staff", "metadata_public": {"tier": "gold", "level": 3, "tags": ["a", "b"]},
            }),
            Variable::Request => json!({
                "client_ip": "10.1.2.3", "path": "/x/y", "time": 1_764_000_000,
                "query": {"a": "1"}, "headers": {"x-a": "b"},
            }),
            other => other.sample(),
        })
    }

    #[test]
    fn expressions_say_yes_or_no_and_fail_closed() {
        for (source, expected) in [
            ("identity.metadata_public.tier == \"gold\"", true),
            ("identity.metadata_public.level >= 3", true),
            ("\"b\" in identity.metadata_public.tags", true),
            (
                "identity.metadata_public.tags.exists(tag, tag == \"c\")",
                false,
            ),
            ("ip(request.client_ip).in_cidr(\"10.0.0.0/8\")", true),
            ("ip(request.client_ip).in_cidr(\"192.0.2.0/24\")", false),
            (
                "request.path.startsWith(\"/x/\") && request.path.matches(\"^/x/[a-z]$\")",
                true,
            ),
            ("has(identity.metadata_public.none)", false),
            ("request.headers[\"x-a\"] == \"b\"", true),
            ("request.time.getFullYear() == 2025", true),
            (
                "request.time - session.authenticated_at > duration(\"1h\")",
                true,
            ),
        ] {
            assert_eq!(holds(source), Ok(expected), "{source}");
        }
        for source in [
            "identity.metadata_public.none == \"x\"",
            "identity.metadata_public.tier > 3",
            "identity.metadata_public.level / 0 == 1",
        ] {
            assert!(holds(source).is_err(), "{source}");
        }
    }

    #[test]
    fn what_cannot_be_a_condition_is_refused_at_load() {
        for (source, word) in [
            ("identity.schema_id ==", "character"),
            ("identity.schema_id", "bool"),
            ("1 + 1", "bool"),
            ("person.id == \"x\"", "`person`"),
            ("request.path.matches(request.host)", "written out"),
            ("nonsense(request.path)", "nonsense"),
        ] {
            let refused = Expression::compile(source).expect_err(source);
            assert!(
                refused.message.contains(word),
                "{source}: {}",
                refused.message
            );
        }
        assert!(Expression::compile(&format!("true{}", " ".repeat(5000))).is_err());
    }
}

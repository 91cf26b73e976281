//! The process inside the sandbox: reads a snippet and its input, writes what the snippet gives.

use std::io::{Read, Write};

use rsjsonnet_lang::{
    arena::Arena,
    interner::InternedStr,
    program::{
        Callbacks, EvalErrorKind, EvalStackTraceItem, ImportError, LoadError, NativeError, Program,
        Thunk, Value,
    },
    span::SpanId,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

use super::MOST_OUTPUT;

/// What the process is asked.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Question {
    /// `function(ctx) …`, or a value that needs no input.
    pub(super) snippet: String,
    /// `ctx`, as JSON text.
    pub(super) input: String,
}

/// What it says, on standard output.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// The value, as JSON text.
    Value(String),
    /// Why there is none.
    Failed(String),
}

/// Runs the process that [`super::COMMAND`] starts: limits itself, answers one question from standard input, and ends.
///
/// # Errors
/// When the question cannot be read or the answer cannot be written.
pub fn worker() -> std::io::Result<()> {
    limit();
    let mut text = Vec::new();
    std::io::stdin().lock().read_to_end(&mut text)?;
    let question: Question = serde_json::from_slice(&text)?;
    let answer = match evaluate(&question) {
        Ok(value) if value.len() > MOST_OUTPUT => {
            Answer::Failed(format!("it gives more than {MOST_OUTPUT} bytes"))
        }
        Ok(value) => Answer::Value(value),
        Err(why) => Answer::Failed(why),
    };
    let answer = serde_json::to_vec(&answer)?;
    std::io::stdout().lock().write_all(&answer)
}

/// From here on little memory, little processor time, no files and no further processes. Where the system refuses a limit, the time
/// limit of the parent still holds.
fn limit() {
    let limits = [
        (Resource::Data, MEMORY),
        (Resource::Cpu, CPU_SECONDS),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
    ];
    for (resource, most) in limits {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        let _unlimited = setrlimit(resource, limit);
    }
}

pub(super) fn evaluate(question: &Question) -> Result<String, String> {
    let arena = Arena::new();
    let mut program = Program::new(&arena);
    program.set_max_stack(STACK);
    let snippet = load(&mut program, &question.snippet, "the snippet")?;
    let mut nothing = Nothing;
    let mut value = program
        .eval_value(&snippet, &mut nothing)
        .map_err(|error| failed(&error.kind))?;
    if value.is_function() {
        let input = load(&mut program, &question.input, "its input")?;
        let name = program.intern_str("ctx");
        value = program
            .eval_call(&snippet, &[], &[(name, input)], &mut nothing)
            .map_err(|error| failed(&error.kind))?;
    }
    program
        .manifest_json(&value, false)
        .map_err(|error| failed(&error.kind))
}

fn load<'p>(program: &mut Program<'p>, source: &str, name: &str) -> Result<Thunk<'p>, String> {
    let (context, _) = program
        .span_manager_mut()
        .insert_source_context(source.len());
    program
        .load_source(context, source.as_bytes(), true, name)
        .map_err(|error| match error {
            LoadError::Lex(error) => format!("{name} cannot be read: {error:?}"),
            LoadError::Parse(error) => format!("{name} cannot be read: {error:?}"),
            LoadError::Analyze(error) => format!("{name} cannot be read: {error:?}"),
        })
}

fn failed(kind: &EvalErrorKind) -> String {
    match kind {
        EvalErrorKind::ExplicitError { message, .. } => message.clone(),
        kind => format!("it failed: {kind:?}"),
    }
}

/// Answers nothing that a snippet asks of the world.
struct Nothing;

impl<'p> Callbacks<'p> for Nothing {
    fn import(
        &mut self,
        _: &mut Program<'p>,
        _: SpanId,
        _: &str,
    ) -> Result<Thunk<'p>, ImportError> {
        Err(ImportError)
    }

    fn import_str(
        &mut self,
        _: &mut Program<'p>,
        _: SpanId,
        _: &str,
    ) -> Result<String, ImportError> {
        Err(ImportError)
    }

    fn import_bin(
        &mut self,
        _: &mut Program<'p>,
        _: SpanId,
        _: &str,
    ) -> Result<Vec<u8>, ImportError> {
        Err(ImportError)
    }

    fn trace(&mut self, _: &mut Program<'p>, _: &str, _: &[EvalStackTraceItem]) {}

    fn native_call(
        &mut self,
        _: &mut Program<'p>,
        _: InternedStr<'p>,
        _: &[Value<'p>],
    ) -> Result<Value<'p>, NativeError> {
        Err(NativeError)
    }
}

const MEMORY: u64 = 64 << 20;
const CPU_SECONDS: u64 = 1;
const STACK: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn run(snippet: &str, input: &str) -> Result<String, String> {
        evaluate(&Question {
            snippet: snippet.to_owned(),
            input: input.to_owned(),
        })
    }

    #[test]
    fn a_function_gets_its_input() {
        let snippet = "function(ctx) { to: ctx.recipient, code: std.length(ctx.code) }";
        let input = r#"{"recipient": "ä\u0041\"<", "code": "1234"}"#;
        assert_eq!(
            run(snippet, input).as_deref(),
            Ok(r#"{"code": 4, "to": "äA\"<"}"#)
        );
        assert_eq!(run("{a: 1}", "{}").as_deref(), Ok(r#"{"a": 1}"#));
    }

    #[test]
    fn nothing_of_the_world_is_there() {
        for snippet in [
            "import '/etc/passwd'",
            "importstr '/etc/passwd'",
            "function(ctx) std.extVar('HOME')",
            "function(ctx) std.native('exec')('ls')",
        ] {
            assert!(run(snippet, "{}").is_err(), "{snippet}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(run("{", "{}").is_err_and(|why| why.starts_with("the snippet cannot be read")));
        assert_eq!(
            run("function(ctx) error 'cancel'", "{}"),
            Err("cancel".to_owned())
        );
        let endless = "local f(x) = f(x + 1) + 1; function(ctx) f(0)";
        assert!(run(endless, "{}").is_err());
    }
}

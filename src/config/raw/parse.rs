//! Events of the YAML parser → located tree, with the limits of security 14.13.

use granit_parser::{Options, Parser};

use super::{
    build::Builder,
    syntax::{self, Scope},
    tree::{Node, Place},
};
use crate::config::finding::{Findings, Kind};

const MAX_BYTES: usize = 4 << 20;

/// The tree of one document. `None` when it cannot be read any further; the reason is among the findings.
pub(crate) fn parse(source: usize, text: &str, findings: &mut Findings) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > MAX_BYTES {
        let start = Place {
            source,
            line: 1,
            column: 1,
        };
        let message = format!("the file has {} bytes, more than 4 MiB", text.len());
        findings.error(
            start,
            Kind::Limit,
            "",
            message,
            "move routes to files of `include`",
        );
        return None;
    }
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut builder = Builder::new(source, findings);
    for event in Parser::new_from_str_with_options(text, options) {
        let step = match event {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => {
                let told = syntax::explain(&error, text, builder.open());
                let place = builder.at(told.line, told.column);
                Err(Stop {
                    place,
                    kind: Kind::YamlSyntax,
                    message: told.message,
                    hint: told.hint,
                    scope: told.scope,
                })
            }
        };
        if let Err(stop) = step {
            let path = builder.scope(stop.scope);
            builder
                .findings
                .error(stop.place, stop.kind, &path, stop.message, stop.hint);
            return None;
        }
    }
    builder.root.take().or_else(|| {
        let place = Place {
            source,
            line: 1,
            column: 1,
        };
        Some(Node {
            place,
            ..Node::default()
        })
    })
}

/// Why a text cannot be read any further.
pub(super) struct Stop {
    pub(super) place: Place,
    pub(super) kind: Kind,
    pub(super) message: String,
    pub(super) hint: String,
    pub(super) scope: Scope,
}

pub(super) fn stop(place: Place, kind: Kind, message: &str, hint: &str) -> Stop {
    Stop {
        place,
        kind,
        message: message.to_owned(),
        hint: hint.to_owned(),
        scope: Scope::Here,
    }
}

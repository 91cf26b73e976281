//! Events → located tree: nesting, anchors, aliases, merge keys and keys given twice.

use std::{collections::HashMap, fmt::Write as _};

use granit_parser::{Event, ScalarStyle, Span, StructureStyle, Tag};
use indexmap::IndexMap;

use super::{
    parse::{Stop, stop},
    syntax::Scope,
    tree::{Content, Entry, Node, Place, Style},
};
use crate::config::finding::{Findings, Kind};

const MAX_DEPTH: usize = 64;
const MAX_ALIASES: usize = 100;
const MAX_NODES: usize = 250_000;

/// An open `[` or `{` of the text: line, column, bracket.
pub(super) type Open = (usize, usize, char);

/// Puts events together; what stops the reading comes back as [`Stop`].
pub(super) struct Builder<'f> {
    source: usize,
    pub(super) findings: &'f mut Findings,
    stack: Vec<Frame>,
    pub(super) root: Option<Node>,
    documents: usize,
    anchors: HashMap<usize, Anchored>,
    aliases: usize,
    nodes: usize,
}

struct Anchored {
    node: Node,
    aliases: usize,
    nodes: usize,
}

struct Frame {
    place: Place,
    kind: FrameKind,
    flow: bool,
    anchor: usize,
    /// Counters when the frame was opened: what it adds is what its anchor costs.
    aliases: usize,
    nodes: usize,
}

enum FrameKind {
    List(Vec<Node>),
    Map {
        entries: IndexMap<String, Entry>,
        key: Option<(String, Place)>,
        merges: Vec<Node>,
    },
}

impl<'f> Builder<'f> {
    pub(super) fn new(source: usize, findings: &'f mut Findings) -> Self {
        Self {
            source,
            findings,
            stack: Vec::new(),
            root: None,
            documents: 0,
            anchors: HashMap::new(),
            aliases: 0,
            nodes: 0,
        }
    }

    pub(super) fn at(&self, line: usize, column: usize) -> Place {
        Place {
            source: self.source,
            line,
            column,
        }
    }

    pub(super) fn open(&self) -> Option<Open> {
        let frame = self.stack.iter().rev().find(|frame| frame.flow)?;
        let bracket = match frame.kind {
            FrameKind::List(_) => '[',
            FrameKind::Map { .. } => '{',
        };
        Some((frame.place.line, frame.place.column, bracket))
    }

    /// Path of the key that a mistake at this place belongs to.
    pub(super) fn scope(&self, scope: Scope) -> String {
        let flow = self.stack.iter().position(|frame| frame.flow);
        let path = self.path_of(match scope {
            Scope::Bracket => flow.unwrap_or(self.stack.len()),
            Scope::Here | Scope::Parent => self.stack.len(),
        });
        match path.rsplit_once('.') {
            Some((parent, _)) if scope == Scope::Parent => parent.to_owned(),
            _ => path,
        }
    }

    /// Path of the place that is being read.
    fn path(&self) -> String {
        self.path_of(self.stack.len())
    }

    fn path_of(&self, frames: usize) -> String {
        let mut path = String::new();
        for frame in self.stack.iter().take(frames) {
            match &frame.kind {
                FrameKind::List(items) => {
                    let _ = write!(path, "[{}]", items.len());
                }
                FrameKind::Map { key: None, .. } => {}
                FrameKind::Map {
                    key: Some((key, _)),
                    ..
                } => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                }
            }
        }
        path
    }

    pub(super) fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        let place = self.at(span.start.line(), span.start.col() + 1);
        match event {
            Event::DocumentStart(..) => self.document(place),
            Event::Scalar(text, style, anchor, tag) => {
                let style = style_of(style, tag.as_deref());
                self.scalar(&text, place, style, anchor)
            }
            Event::SequenceStart(style, anchor, _) => {
                self.push(place, FrameKind::List(Vec::new()), style, anchor)
            }
            Event::MappingStart(style, anchor, _) => {
                let kind = FrameKind::Map {
                    entries: IndexMap::new(),
                    key: None,
                    merges: Vec::new(),
                };
                self.push(place, kind, style, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => self.pop(),
            Event::Alias(anchor) => self.alias(anchor, place),
            _ => Ok(()),
        }
    }

    fn document(&mut self, place: Place) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents > 1 {
            let message = "a second document begins here; the file holds one document";
            return Err(stop(
                place,
                Kind::YamlSyntax,
                message,
                "remove the line `---`",
            ));
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        place: Place,
        style: Style,
        anchor: usize,
    ) -> Result<(), Stop> {
        if self.awaits_key() {
            self.key(text, place);
            return Ok(());
        }
        self.count(1, place)?;
        let node = Node {
            place,
            content: Content::Scalar(text.to_owned(), style),
        };
        self.remember(anchor, &node, 0, 1);
        self.add(node);
        Ok(())
    }

    fn push(
        &mut self,
        place: Place,
        kind: FrameKind,
        style: StructureStyle,
        anchor: usize,
    ) -> Result<(), Stop> {
        if self.awaits_key() {
            let message = "a key must be a plain text, found a list or map";
            return Err(stop(
                place,
                Kind::YamlSyntax,
                message,
                "quote a key that begins with [ or {",
            ));
        }
        if self.stack.len() >= MAX_DEPTH {
            let message = format!("lists and maps are nested deeper than {MAX_DEPTH}");
            return Err(stop(
                place,
                Kind::Limit,
                &message,
                "no key needs more than ten levels",
            ));
        }
        self.count(1, place)?;
        let (aliases, nodes) = (self.aliases, self.nodes);
        let flow = style == StructureStyle::Flow;
        self.stack.push(Frame {
            place,
            kind,
            flow,
            anchor,
            aliases,
            nodes,
        });
        Ok(())
    }

    fn pop(&mut self) -> Result<(), Stop> {
        let Some(frame) = self.stack.pop() else {
            return Ok(());
        };
        let content = match frame.kind {
            FrameKind::List(items) => Content::List(items),
            FrameKind::Map {
                mut entries,
                merges,
                ..
            } => {
                for merge in merges {
                    merged(&mut entries, merge)?;
                }
                Content::Map(entries)
            }
        };
        let node = Node {
            place: frame.place,
            content,
        };
        let (aliases, nodes) = (self.aliases - frame.aliases, self.nodes - frame.nodes + 1);
        self.remember(frame.anchor, &node, aliases, nodes);
        self.add(node);
        Ok(())
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), Stop> {
        let Some(known) = self.anchors.get(&anchor) else {
            return Err(stop(
                place,
                Kind::YamlSyntax,
                "this alias stands inside its own anchor",
                "write the value out",
            ));
        };
        let (node, aliases, nodes) = (known.node.clone(), known.aliases, known.nodes);
        self.aliases += 1 + aliases;
        if self.aliases > MAX_ALIASES {
            let message = format!("more than {MAX_ALIASES} alias expansions");
            let hint = "write the values out instead of using an alias";
            return Err(Stop {
                scope: Scope::Bracket,
                ..stop(place, Kind::Limit, &message, hint)
            });
        }
        if self.awaits_key() {
            let text = match &node.content {
                Content::Scalar(text, _) => text.clone(),
                _ => String::new(),
            };
            self.key(&text, place);
            return Ok(());
        }
        self.count(nodes, place)?;
        self.add(node);
        Ok(())
    }

    fn count(&mut self, nodes: usize, place: Place) -> Result<(), Stop> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            let message =
                format!("more than {MAX_NODES} values, aliases counted as what they hold");
            return Err(stop(place, Kind::Limit, &message, ""));
        }
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        matches!(
            self.stack.last().map(|frame| &frame.kind),
            Some(FrameKind::Map { key: None, .. })
        )
    }

    fn key(&mut self, text: &str, place: Place) {
        let parent = self.path();
        let Some(Frame {
            kind: FrameKind::Map { entries, key, .. },
            ..
        }) = self.stack.last_mut()
        else {
            return;
        };
        if let Some(first) = entries.get(text) {
            let path = if parent.is_empty() {
                text.to_owned()
            } else {
                format!("{parent}.{text}")
            };
            let message = format!(
                "the key `{text}` stands here a second time; the first is in line {}",
                first.place.line
            );
            self.findings.error(
                place,
                Kind::DuplicateKey,
                &path,
                message,
                "keep one of them",
            );
        }
        *key = Some((text.to_owned(), place));
    }

    fn remember(&mut self, anchor: usize, node: &Node, aliases: usize, nodes: usize) {
        if anchor > 0 {
            let node = node.clone();
            self.anchors.insert(
                anchor,
                Anchored {
                    node,
                    aliases,
                    nodes,
                },
            );
        }
    }

    fn add(&mut self, node: Node) {
        match self.stack.last_mut().map(|frame| &mut frame.kind) {
            None => self.root = Some(node),
            Some(FrameKind::List(items)) => items.push(node),
            Some(FrameKind::Map {
                entries,
                key,
                merges,
            }) => {
                let Some((key, place)) = key.take() else {
                    return;
                };
                if key == "<<" {
                    merges.push(node);
                } else {
                    // The first of two equal keys counts; the second was reported.
                    entries.entry(key).or_insert(Entry { place, node });
                }
            }
        }
    }
}

/// What a map says itself wins over what it merges; of several merged maps the first wins.
fn merged(entries: &mut IndexMap<String, Entry>, merge: Node) -> Result<(), Stop> {
    match merge.content {
        Content::Map(more) => {
            for (key, entry) in more {
                entries.entry(key).or_insert(entry);
            }
            Ok(())
        }
        Content::List(items) => items.into_iter().try_for_each(|item| merged(entries, item)),
        Content::Scalar(..) | Content::Broken => Err(stop(
            merge.place,
            Kind::YamlSyntax,
            "`<<` takes a map or a list of maps",
            "",
        )),
    }
}

fn style_of(style: ScalarStyle, tag: Option<&Tag>) -> Style {
    let text = tag.is_some_and(|tag| tag.suffix() == "str");
    if style == ScalarStyle::Plain && !text {
        Style::Plain
    } else {
        Style::Quoted
    }
}

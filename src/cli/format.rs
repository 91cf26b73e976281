//! How results of commands on the admin API are printed.

use std::io::Write;

use clap::ValueEnum;
use serde_json::Value;

/// `--format`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Aligned columns, for people
    Table,
    /// One line of JSON
    Json,
    /// YAML
    Yaml,
    /// JSON on several lines
    JsonPretty,
}

/// A column of a table: its title and where its text comes from.
pub(super) type Column = (&'static str, fn(&Value) -> String);

/// Where results go, and in which form.
pub(super) struct Printer<'o> {
    pub(super) out: &'o mut dyn Write,
    pub(super) format: Format,
    pub(super) quiet: bool,
}

impl Printer<'_> {
    /// Prints `rows` as a table or by their ids, or else `document`, which holds them.
    pub(super) fn print(
        &mut self,
        columns: &[Column],
        rows: &[Value],
        document: &Value,
    ) -> anyhow::Result<()> {
        if self.quiet {
            for row in rows {
                self.line(&text(row, "/id"))?;
            }
            return Ok(());
        }
        match self.format {
            Format::Table => self.table(columns, rows),
            Format::Json => self.line(&document.to_string()),
            Format::JsonPretty => self.line(&serde_json::to_string_pretty(document)?),
            Format::Yaml => {
                let mut lines = String::new();
                yaml(document, 0, &mut lines);
                self.line(lines.trim_start_matches('\n').trim_end())
            }
        }
    }

    /// Prints a line. A reader that has gone away is no error.
    pub(super) fn line(&mut self, line: &str) -> anyhow::Result<()> {
        match writeln!(self.out, "{line}") {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn table(&mut self, columns: &[Column], rows: &[Value]) -> anyhow::Result<()> {
        let titles = columns.iter().map(|(title, _)| (*title).to_owned());
        let mut lines: Vec<Vec<String>> = vec![titles.collect()];
        for row in rows {
            lines.push(
                columns
                    .iter()
                    .map(|(_, cell)| printable(&cell(row)))
                    .collect(),
            );
        }
        let widths: Vec<usize> = (0..columns.len())
            .map(|at| {
                let cells = lines.iter().filter_map(|line| line.get(at));
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        for line in lines {
            let cells: Vec<String> = line
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            self.line(cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// The text at a JSON Pointer, `-` when there is none.
pub(super) fn text(row: &Value, pointer: &str) -> String {
    match row.pointer(pointer) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// What somebody signed up with must not move the cursor of an operator's terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() {
                '\u{FFFD}'
            } else {
                character
            }
        })
        .collect()
}

/// Block style; keys and texts are quoted as in JSON, which YAML reads the same way.
fn yaml(value: &Value, depth: usize, lines: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                lines.push('\n');
                lines.push_str(&indent);
                lines.push_str(&Value::from(name.as_str()).to_string());
                lines.push(':');
                yaml(member, depth + 1, lines);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                lines.push('\n');
                lines.push_str(&indent);
                lines.push('-');
                yaml(item, depth + 1, lines);
            }
        }
        scalar => {
            lines.push(' ');
            lines.push_str(&scalar.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn printed(format: Format, quiet: bool) -> String {
        let rows = [
            json!({"id": "1", "name": "Ann\u{1b}[2J"}),
            json!({"id": "22", "list": [1, {"a": []}]}),
        ];
        let mut out = Vec::new();
        let columns: [Column; 2] = [
            ("ID", |row| text(row, "/id")),
            ("NAME", |row| text(row, "/name")),
        ];
        Printer {
            out: &mut out,
            format,
            quiet,
        }
        .print(&columns, &rows, &json!(rows))
        .expect("printed");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn tables_are_aligned_and_harmless() {
        assert_eq!(
            printed(Format::Table, false),
            "ID  NAME\n1   Ann\u{FFFD}[2J\n22  -\n"
        );
        assert_eq!(printed(Format::Json, true), "1\n22\n");
    }

    #[test]
    fn yaml_reads_back_as_the_same_document() {
        let text = printed(Format::Yaml, false);
        let read: Value = serde_saphyr::from_str(&text).expect("YAML");
        let json: Value = serde_json::from_str(&printed(Format::Json, false)).expect("JSON");
        assert_eq!(read, json);
        assert_eq!(
            serde_json::from_str::<Value>(&printed(Format::JsonPretty, false)).expect("JSON"),
            json
        );
    }
}

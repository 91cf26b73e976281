//! One file in, one checked [`Config`] out, or everything that is wrong with it (gateway ).

use std::path::Path;

use super::{
    Config,
    check::{self, Check, Mode},
    finding::{Finding, Findings, Kind, Level},
    include::include,
    keys::Table,
    raw::{self, Place},
    read::Read,
    rules::Rules,
};

/// A configuration that can be used.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the program believes.
    pub config: Config,
    /// What is worth saying at every start.
    pub warnings: Vec<Finding>,
    /// Variables of the environment that overrode keys of the file.
    pub overrides: Vec<String>,
}

/// How a file is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoadOptions {
    /// `--dev`: development mode, whatever the file says.
    pub dev: bool,
    /// `--allow-unsupported`: Kratos' keys that do nothing yet are warnings.
    pub allow_unsupported: bool,
}

/// All that can be said about a file, whether it can be used or not.
#[derive(Clone, Debug)]
pub struct Examined {
    /// What could be read of it, with defaults in the place of mistakes; nothing when the text is no YAML.
    pub config: Option<Config>,
    /// Mistakes first, then warnings, each in the order of the file.
    pub findings: Vec<Finding>,
    /// Variables of the environment that overrode keys of the file.
    pub overrides: Vec<String>,
    /// Names of the files, by [`Place::source`].
    pub sources: Vec<String>,
}

impl Examined {
    fn refused(findings: Findings) -> Self {
        Self {
            config: None,
            sources: findings.sources.clone(),
            findings: findings.into_list(),
            overrides: Vec::new(),
        }
    }

    fn into_loaded(self) -> Result<Loaded, Vec<Finding>> {
        let refused = self
            .findings
            .iter()
            .any(|finding| finding.level == Level::Error);
        match self.config {
            Some(config) if !refused => Ok(Loaded {
                config,
                warnings: self.findings,
                overrides: self.overrides,
            }),
            _ => Err(self.findings),
        }
    }
}

/// Reads a file. `env` looks a variable of the environment up.
pub fn load(
    path: &Path,
    env: &dyn Fn(&str) -> Option<String>,
    options: &LoadOptions,
) -> Result<Loaded, Vec<Finding>> {
    examine(path, env, options).into_loaded()
}

/// Reads a text as if it were the file `name` in the folder `dir`.
pub fn load_text(
    name: &str,
    text: &str,
    dir: &Path,
    env: &dyn Fn(&str) -> Option<String>,
    options: &LoadOptions,
) -> Result<Loaded, Vec<Finding>> {
    examine_text(name, text, dir, env, options).into_loaded()
}

/// Like [`load`], for who wants to say all there is to say.
pub fn examine(
    path: &Path,
    env: &dyn Fn(&str) -> Option<String>,
    options: &LoadOptions,
) -> Examined {
    let name = path.display().to_string();
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    let refuse = |kind, message: String, hint: &str| {
        let mut findings = Findings::new(&name);
        findings.error(Place::default(), kind, "", message, hint);
        Examined::refused(findings)
    };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let message = format!("cannot read the configuration: {error}");
            return refuse(Kind::MissingFile, message, "name a file with -c");
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => examine_text(&name, &text, dir, env, options),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let line = error
                .as_bytes()
                .iter()
                .take(at)
                .filter(|b| **b == b'\n')
                .count()
                + 1;
            let message = format!("line {line} holds bytes that are no UTF-8");
            refuse(Kind::YamlSyntax, message, "save the file as UTF-8")
        }
    }
}

/// Like [`load_text`], for who wants to say all there is to say.
pub fn examine_text(
    name: &str,
    text: &str,
    dir: &Path,
    env: &dyn Fn(&str) -> Option<String>,
    options: &LoadOptions,
) -> Examined {
    let mut findings = Findings::new(name);
    let Some(mut root) = raw::parse(0, text, &mut findings) else {
        return Examined::refused(findings);
    };
    let source = raw::Source { env, dir };
    raw::inject(&mut root, "", &source, &mut findings);
    include(&mut root, &source, &mut findings);
    let overrides = raw::overrides(&mut root, env, &mut findings);
    let dev = options.dev || root.flag("dev") == Some(true);
    let mode = Mode {
        dev,
        lenient: dev || options.allow_unsupported,
    };
    let mut check = Check {
        table: Table::get(),
        findings: &mut findings,
        dir,
        mode,
    };
    check.document(&root);
    check::relations(&mut check, &root);
    let read = Read {
        root: &root,
        mode,
        dir,
    };
    let config = read.config();
    let has_mail = read.has_mail();
    Rules {
        root: &root,
        config: &config,
        findings: &mut findings,
        has_mail,
    }
    .apply();
    Examined {
        config: Some(config),
        sources: findings.sources.clone(),
        findings: findings.into_list(),
        overrides,
    }
}

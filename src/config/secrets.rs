//! Secrets that no file names: drawn once and kept beside the database (security 14.2).

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use zeroize::Zeroizing;

use super::Secrets;
use crate::crypto::{Secret, random};

/// Something that the operator should know and that stops nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretsWarning {
    /// Name of the lint.
    pub id: &'static str,
    /// What is the matter and what to do.
    pub message: String,
}

/// The kept secrets cannot be used; nothing may start without them, because new ones would make stored things unreadable.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}", path = path.display())]
pub struct SecretsError {
    path: PathBuf,
    problem: String,
}

/// Where the secrets of a database are kept.
#[must_use]
pub fn path_beside(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".secrets");
    path.into()
}

/// Fills in what the file does not name: from the kept secrets at `path`, which are drawn at the first start. Without a path (a database
/// in memory) they are drawn for this process. `cookie` falls back to `default`; `cipher` is filled in together with `default`.
///
/// # Errors
/// When the kept secrets cannot be read or written.
pub fn fill(
    secrets: &mut Secrets,
    path: Option<&Path>,
) -> Result<Vec<SecretsWarning>, SecretsError> {
    let mut warnings = Vec::new();
    if secrets.default.is_empty() {
        let kept = if let Some(path) = path {
            let kept = read_or_create(path)?;
            warnings.extend(too_open(path));
            kept
        } else {
            warnings.push(SecretsWarning {
                id: "secrets_per_process",
                message: "no secrets.default is set and the database is in memory: secrets are new at every start, and links made \
                          before it stop working. Set secrets.default to keep them."
                    .to_owned(),
            });
            Kept::draw()
        };
        secrets.default.push(kept.default);
        if secrets.cipher.is_empty() {
            secrets.cipher.push(kept.cipher);
        }
    }
    if secrets.cookie.is_empty() {
        secrets.cookie.clone_from(&secrets.default);
    }
    Ok(warnings)
}

struct Kept {
    default: Secret<Vec<u8>>,
    cipher: Secret<Vec<u8>>,
}

impl Kept {
    fn draw() -> Self {
        Self {
            default: Secret::new(random::<32>().to_vec()),
            cipher: Secret::new(random::<32>().to_vec()),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let find = |name: &str| {
            let value = text
                .lines()
                .filter_map(|line| line.split_once('='))
                .find_map(|(key, value)| (key.trim() == name).then_some(value.trim()))
                .ok_or_else(|| {
                    format!("has no line `{name} = …`; restore the file from a backup")
                })?;
            let bytes = HEX
                .decode(value.as_bytes())
                .ok()
                .filter(|bytes| bytes.len() == 32);
            bytes.map(Secret::new).ok_or_else(|| {
                format!("`{name}` is not 64 hexadecimal digits; restore the file from a backup")
            })
        };
        Ok(Self {
            default: find("default")?,
            cipher: find("cipher")?,
        })
    }

    fn text(&self) -> Zeroizing<String> {
        let (default, cipher) = (
            Zeroizing::new(HEX.encode(self.default.expose())),
            Zeroizing::new(HEX.encode(self.cipher.expose())),
        );
        Zeroizing::new(format!(
            "# Secrets of the database beside this file. Keep them with its backups: without them stored credentials are unreadable.\n\
             default = {}\ncipher = {}\n",
            *default, *cipher
        ))
    }
}

fn read_or_create(path: &Path) -> Result<Kept, SecretsError> {
    let broken = |problem: String| SecretsError {
        path: path.to_owned(),
        problem,
    };
    for _ in 0..2 {
        match fs::read_to_string(path).map(Zeroizing::new) {
            Ok(text) => return Kept::parse(&text).map_err(broken),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(broken(format!("cannot be read: {error}"))),
        }
        let drawn = Kept::draw();
        match create(path, &drawn.text()) {
            Ok(()) => return Ok(drawn),
            // Another process was faster: theirs counts.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(broken(format!(
                    "cannot be written: {error}; set secrets.default, or let the folder be written to"
                )));
            }
        }
    }
    Err(broken(
        "appears and disappears; is something cleaning up this folder?".to_owned(),
    ))
}

/// The file appears whole or not at all, and never replaces another.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", HEX.encode(&random::<8>())));
    let draft = PathBuf::from(draft);
    let written = write_new(&draft, text).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    written?;
    removed?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn too_open(path: &Path) -> Option<SecretsWarning> {
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| SecretsWarning {
        id: "secrets_readable",
        message: format!(
            "{0} can be read by others (mode {mode:03o}): run `chmod 600 {0}`",
            path.display()
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> Secrets {
        Secrets {
            default: Vec::new(),
            cookie: Vec::new(),
            cipher: Vec::new(),
        }
    }

    fn exposed(secrets: &Secrets) -> [Vec<Vec<u8>>; 3] {
        [&secrets.default, &secrets.cookie, &secrets.cipher]
            .map(|list| list.iter().map(|secret| secret.expose().clone()).collect())
    }

    fn filled(path: Option<&Path>) -> (Secrets, Vec<SecretsWarning>) {
        let mut secrets = none();
        let warnings = fill(&mut secrets, path).expect("secrets can be kept");
        (secrets, warnings)
    }

    #[test]
    fn secrets_are_drawn_once_and_kept_for_the_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = path_beside(&folder.path().join("vestibule.db"));
        let (first, warnings) = filled(Some(&path));
        assert!(warnings.is_empty());
        assert_eq!(path.file_name().expect("a name"), "vestibule.db.secrets");
        let mode = fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        let [default, cookie, cipher] = exposed(&first);
        assert_eq!(default, cookie);
        assert_ne!(default, cipher);
        assert_eq!(exposed(&filled(Some(&path)).0), [default, cookie, cipher]);
    }

    #[test]
    fn secrets_of_the_file_are_left_alone_and_nothing_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.secrets");
        let mut secrets = Secrets {
            default: vec![Secret::new(b"0123456789abcdef".to_vec())],
            ..none()
        };
        assert!(
            fill(&mut secrets, Some(&path))
                .expect("nothing to do")
                .is_empty()
        );
        assert_eq!(
            exposed(&secrets),
            [
                vec![b"0123456789abcdef".to_vec()],
                vec![b"0123456789abcdef".to_vec()],
                Vec::new()
            ]
        );
        assert!(!path.exists());
    }

    #[test]
    fn a_database_in_memory_has_secrets_of_the_process_and_one_warning() {
        let ((first, warnings), (second, _)) = (filled(None), filled(None));
        assert_eq!(
            warnings
                .iter()
                .map(|warning| warning.id)
                .collect::<Vec<_>>(),
            ["secrets_per_process"]
        );
        assert_ne!(exposed(&first), exposed(&second));
    }

    #[test]
    fn a_broken_file_is_an_error_and_stays_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.secrets");
        for text in ["", "default = 00\ncipher = 00\n", "default = zz\n"] {
            fs::write(&path, text).expect("it can be written");
            let error = fill(&mut none(), Some(&path))
                .expect_err("it is broken")
                .to_string();
            assert!(error.contains("restore"), "{error}");
            assert_eq!(fs::read_to_string(&path).expect("it is there"), text);
        }
        let nowhere = folder.path().join("no/such/folder.secrets");
        assert!(fill(&mut none(), Some(&nowhere)).is_err());
    }

    #[test]
    fn a_file_that_others_can_read_is_warned_about() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.secrets");
        filled(Some(&path));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("it is ours");
        let (_, warnings) = filled(Some(&path));
        assert_eq!(
            warnings
                .iter()
                .map(|warning| warning.id)
                .collect::<Vec<_>>(),
            ["secrets_readable"]
        );
    }
}

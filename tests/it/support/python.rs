//! Python scripts with their packages.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Mutex,
};

use super::skip::skipped;

/// Runs `script` of `folder` with the packages that its `requirements.txt` names. Nothing comes back when it had to be left out.
pub fn run(folder: &str, script: &[&str]) -> Option<Output> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let python = match installed(folder, &path.join("requirements.txt")) {
        Ok(python) => python,
        Err(why) => {
            skipped(&format!("{folder}/{}", script[0]), &why);
            return None;
        }
    };
    let mut command = Command::new(python);
    command.args(script).current_dir(path);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    Some(command.output().expect("Python starts"))
}

/// The interpreter of an environment of its own below the target folder, made when it is not there yet.
fn installed(folder: &str, requirements: &Path) -> Result<PathBuf, String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder.replace('/', "-"));
    let python = home.join("bin/python");
    let kept = home.join("requirements.txt");
    let wanted = std::fs::read_to_string(requirements).unwrap();
    if std::fs::read_to_string(&kept).is_ok_and(|kept| kept == wanted) {
        return Ok(python);
    }
    let mut make = Command::new("python3");
    make.args(["-m", "venv"]).arg(&home);
    succeeded(make)?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "-r"]);
    succeeded({
        install.arg(requirements);
        install
    })?;
    std::fs::write(kept, wanted).unwrap();
    Ok(python)
}

fn succeeded(mut command: Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("Python does not start: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("{command:?} failed:\n{text}"))
    }
}

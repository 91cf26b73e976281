//! Starts the process that evaluates, and ends it when it takes too long.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
    sync::Semaphore,
    time::timeout,
};

use super::{
    COMMAND, MOST_OUTPUT,
    evaluate::{Answer, Question},
};

/// Why a snippet gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonnetError {
    /// What the snippet says itself, or what is wrong with it.
    #[error("{0}")]
    Snippet(String),
    /// It took more time or memory than it may.
    #[error("it took too long or too much memory")]
    Exhausted,
    /// No process could be started.
    #[error("no process can be started for it: {0}")]
    Start(String),
}

/// Evaluates snippets. A cheap handle.
#[derive(Clone, Debug)]
pub struct Sandbox {
    program: Arc<Path>,
    /// A few at a time: they take processor time from everybody else.
    room: Arc<Semaphore>,
}

impl Sandbox {
    /// With the program that knows [`COMMAND`].
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            program: program.into(),
            room: Arc::new(Semaphore::new((cores / 2).max(1))),
        }
    }

    /// With the program that runs here, even when its file has been replaced since.
    #[must_use]
    pub fn of_this_program() -> Self {
        let own = PathBuf::from("/proc/self/exe");
        if own.exists() {
            return Self::new(own);
        }
        Self::new(std::env::current_exe().unwrap_or(own))
    }

    /// What `snippet` makes of `input`.
    ///
    /// # Errors
    /// When it gives nothing.
    pub async fn evaluate(&self, snippet: &str, input: &Value) -> Result<Value, JsonnetError> {
        let question = Question {
            snippet: snippet.to_owned(),
            input: input.to_string(),
        };
        let start = |why: &dyn std::fmt::Display| JsonnetError::Start(why.to_string());
        let question = serde_json::to_vec(&question).map_err(|why| start(&why))?;
        let _place = self.room.acquire().await.map_err(|why| start(&why))?;
        let answer = match timeout(LONGEST, self.ask(&question)).await {
            Err(_) => return Err(JsonnetError::Exhausted),
            Ok(asked) => asked.map_err(|why| start(&why))?,
        };
        // A process that was ended by a limit leaves half an answer, or none.
        match serde_json::from_slice(&answer) {
            Ok(Answer::Value(text)) => {
                serde_json::from_str(&text).map_err(|why| JsonnetError::Snippet(why.to_string()))
            }
            Ok(Answer::Failed(why)) => Err(JsonnetError::Snippet(why)),
            Err(_) => Err(JsonnetError::Exhausted),
        }
    }

    async fn ask(&self, question: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut child = Command::new(&*self.program)
            .arg(COMMAND)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(std::io::ErrorKind::BrokenPipe.into());
        };
        // A process that ended early does not read on; its answer says why.
        let _ended = stdin.write_all(question).await;
        drop(stdin);
        let mut answer = Vec::new();
        // Twice, as every character of JSON inside JSON may be escaped.
        let most = u64::try_from(2 * MOST_OUTPUT + 1024).unwrap_or(u64::MAX);
        stdout.take(most).read_to_end(&mut answer).await?;
        child.wait().await?;
        Ok(answer)
    }
}

/// Wall-clock time, for a process that is stuck or finds no processor; what works too much ends by its limit of a second of processor time.
const LONGEST: Duration = Duration::from_secs(20);

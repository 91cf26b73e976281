//! The built binary as a child process, on free ports, with a folder of its own.

use std::{
    fs,
    io::Read,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// A running gateway; it is ended by its process id when dropped.
pub struct Gateway {
    pub child: Child,
    pub folder: TempDir,
    pub public: u16,
    pub admin: u16,
}

impl Gateway {
    /// `vestibule dev` with its data in a temporary folder.
    pub fn dev(environment: &[(&str, &str)]) -> Self {
        Self::dev_in(tempfile::tempdir().unwrap(), "data", environment)
    }

    /// The same, started in `folder` with `data` for `--data`.
    pub fn dev_in(folder: TempDir, data: &str, environment: &[(&str, &str)]) -> Self {
        let (public, admin) = port_pair();
        let mut command = binary();
        command.args(["dev", "--port", &public.to_string(), "--data", data]);
        command.envs(environment.iter().copied());
        Self::start(command, folder, public, admin)
    }

    /// `vestibule serve` with `config`, in which `{public}`, `{admin}` and `{dir}` are filled in.
    pub fn serve(config: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::serve_in(folder, config, arguments, &[])
    }

    /// The same with a folder that is there already, and with environment variables.
    pub fn serve_in(
        folder: TempDir,
        config: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let ports = port_pair();
        Self::serve_at_with(folder, config, arguments, environment, ports)
    }

    /// The same on ports that were chosen before.
    pub fn serve_at(folder: TempDir, config: &str, arguments: &[&str], ports: (u16, u16)) -> Self {
        let (public, admin) = (ports.0.to_string(), ports.1.to_string());
        let environment = [
            ("SERVE_PUBLIC_PORT", public.as_str()),
            ("SERVE_ADMIN_PORT", admin.as_str()),
        ];
        Self::serve_at_with(folder, config, arguments, &environment, ports)
    }

    fn serve_at_with(
        folder: TempDir,
        config: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
        (public, admin): (u16, u16),
    ) -> Self {
        let text = config
            .replace("{public}", &public.to_string())
            .replace("{admin}", &admin.to_string())
            .replace("{dir}", folder.path().to_str().unwrap());
        let file = folder.path().join("vestibule.yml");
        fs::write(&file, text).unwrap();
        let mut command = binary();
        command
            .args(["serve", "-c", file.to_str().unwrap()])
            .args(arguments)
            .envs(environment.iter().copied());
        Self::start(command, folder, public, admin)
    }

    /// `vestibule serve` with a file that lies elsewhere, on ports that were chosen before.
    pub fn serve_file(
        folder: TempDir,
        file: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
        (public, admin): (u16, u16),
    ) -> Self {
        let mut command = binary();
        command
            .args(["serve", "-c"])
            .arg(file.canonicalize().unwrap())
            .args(arguments)
            .envs(environment.iter().copied())
            .env("SERVE_PUBLIC_PORT", public.to_string())
            .env("SERVE_ADMIN_PORT", admin.to_string());
        Self::start(command, folder, public, admin)
    }

    fn start(mut command: Command, folder: TempDir, public: u16, admin: u16) -> Self {
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = command
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        let mut gateway = Self {
            child,
            folder,
            public,
            admin,
        };
        gateway.wait_until_ready();
        gateway
    }

    fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the gateway ended with {status}:\n{}", self.log());
            }
            if http_status(self.admin, "/health/ready") == Some(200) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the gateway did not become ready:\n{}", self.log());
    }

    /// URL of the public listener, with the host name that `dev` uses.
    pub fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.public)
    }

    /// URL of the admin listener.
    pub fn admin_url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.admin)
    }

    /// What the process wrote so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Sends a signal to this process alone.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Resident memory in bytes.
    pub fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        line.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap()
            * 1024
    }

    /// Ends the process the polite way and gives back its folder, for a restart.
    pub fn stop(mut self) -> TempDir {
        self.signal("TERM");
        assert!(self.child.wait().unwrap().success(), "{}", self.log());
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }

    /// Ends the process at once and gives back its folder, for a restart.
    pub fn kill(mut self) -> TempDir {
        self.signal("KILL");
        self.child.wait().unwrap();
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if self.child.try_wait().ok().flatten().is_none() {
            let _gone = self.child.kill();
            let _reaped = self.child.wait();
        }
    }
}

/// The binary under test.
pub fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    // Kratos' variables override keys of the file: none of the developer's own may.
    for name in [
        "DSN",
        "LOG_LEVEL",
        "LOG_FORMAT",
        "KRATOS_ADMIN_URL",
        "SERVE_PUBLIC_BASE_URL",
    ] {
        command.env_remove(name);
    }
    command
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    port_pair().0
}

/// Two neighbouring ports that were free a moment ago: `dev` takes both. They lie below those that the system gives to outgoing
/// connections, so that nobody takes one before the gateway does.
fn port_pair() -> (u16, u16) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = std::process::id() * 64 + NEXT.fetch_add(2, Ordering::Relaxed);
        let first = 10_000 + u16::try_from(number % 20_000).unwrap() / 2 * 2;
        let free = |port| TcpListener::bind(("0.0.0.0", port)).is_ok();
        if free(first) && free(first + 1) {
            return (first, first + 1);
        }
    }
}

/// Status of a plain GET, without a client library: the gateway may not be there yet.
fn http_status(port: u16, path: &str) -> Option<u16> {
    use std::io::Write;
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

/// A folder with lists that lie beside the checkout in some places; absent elsewhere.
pub fn shared(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("VESTIBULE_SHARED")
        .map_or_else(|| Path::new("..").join("shared"), PathBuf::from);
    let path = root.join(name);
    path.exists().then_some(path)
}

//! A RabbitMQ of the tests' own, with the management plug-in: it may be blocked and killed, the shared one may not.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a broker may take to start on a busy machine.
const START: Duration = Duration::from_secs(90);

/// The programs that the `rabbitmq-server` and `rabbitmqctl` on the path only wrap.
const PROGRAMS: &str = "/usr/lib/rabbitmq/bin";

/// A running broker. It ends when this is dropped, or with the test process: its keeper reads a pipe we hold.
pub struct Broker {
    keeper: Child,
    pid: String,
    folder: TempDir,
    node: String,
    /// AMQP.
    pub port: u16,
    /// The management API.
    pub management: u16,
}

impl Broker {
    /// The one that tests share; they use names of their own and leave it running.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Broker> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Starts one.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Starts one with further lines in its configuration.
    pub fn start_with(lines: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let folder = tempfile::Builder::new().prefix("runbook-rabbit-").tempdir().unwrap();
        let node = format!("runbook-{}-{}@localhost", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let [port, management, distribution] = free_ports();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("enabled_plugins"), "[rabbitmq_management].\n").unwrap();
        let conf = format!(
            "listeners.tcp.1 = 127.0.0.1:{port}\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {management}\n{lines}"
        );
        fs::write(path("rabbitmq.conf"), conf).unwrap();
        let script = format!(
            "export RUNNING_UNDER_SYSTEMD=1; setsid {PROGRAMS}/rabbitmq-server </dev/null >'{0}/out' 2>&1 & \
             p=$!; echo $p; cat >/dev/null; kill -9 -$p; wait; rm -rf '{0}'",
            folder.path().display()
        );
        let mut keeper = Command::new("sh")
            .args(["-c", &script])
            .env("HOME", folder.path())
            .env("RABBITMQ_NODENAME", &node)
            .env("RABBITMQ_DIST_PORT", distribution.to_string())
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}")
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            .env("RABBITMQ_CONFIG_FILE", path("rabbitmq.conf"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", path("enabled_plugins"))
            .env("RABBITMQ_MNESIA_BASE", path("mnesia"))
            .env("RABBITMQ_LOG_BASE", path("log"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pid = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut pid).unwrap();
        let broker = Self { keeper, pid: pid.trim().to_owned(), folder, node, port, management };
        broker.wait();
        broker
    }

    /// The connection's URL.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}", self.port)
    }

    /// The management API's URL.
    pub fn management_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.management)
    }

    /// `rabbitmqctl` on this broker.
    pub fn ctl(&self, args: &[&str]) -> String {
        let mut command = Command::new(format!("{PROGRAMS}/rabbitmqctl"));
        command.args(["-n", &self.node, "-q"]).args(args).env("HOME", self.folder.path());
        output(command.env("RABBITMQ_CONF_ENV_FILE", "/dev/null"))
    }

    /// `rabbitmqadmin` on this broker: what it prints, as tab-separated values.
    pub fn admin(&self, args: &[&str]) -> String {
        let port = self.management.to_string();
        output(Command::new("rabbitmqadmin").args(["-q", "-P", &port, "-f", "tsv"]).args(args))
    }

    /// `kill -9`.
    pub fn kill(&self) {
        output(Command::new("kill").args(["-KILL", &self.pid]));
    }

    fn wait(&self) {
        let url = format!("{}/api/health/checks/port-listener/{}", self.management_url(), self.port);
        let until = Instant::now() + START;
        let ready = || {
            let asked = Command::new("curl").args(["-fsS", "-u", "guest:guest", &url]).output();
            asked.is_ok_and(|done| done.status.success())
        };
        while !ready() {
            let said = fs::read_to_string(self.folder.path().join("out")).unwrap_or_default();
            assert!(Instant::now() < until, "the broker did not start: {said}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// Ports that nobody listens on now.
fn free_ports<const N: usize>() -> [u16; N] {
    let held: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

/// What a program printed; it must succeed.
pub fn output(command: &mut Command) -> String {
    let done = command.output().unwrap();
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{command:?}: {text}{}", String::from_utf8_lossy(&done.stderr));
    text
}

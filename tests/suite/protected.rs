//! Connections that are protected: TLS that succeeds, certificates that do not verify, passwords and ACLs, each against a
//! server of the tests' own whose certificate is good for `localhost` and for no other name.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::authority::{Authority, own};
use crate::harness::case::Case;
use crate::harness::rabbitmq::Broker;
use crate::harness::sshd::free_port;

/// A server process; it ends when this is dropped.
struct Server {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl Server {
    /// Starts `command` in a folder of its own and waits for its port.
    fn start(folder: TempDir, port: u16, mut command: Command) -> Self {
        let log = std::fs::File::create(folder.path().join("out")).expect("a file");
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a file")).stderr(log);
        let server = Self { process: command.spawn().expect("a server"), port, folder };
        let until = Instant::now() + Duration::from_mins(1);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let said = std::fs::read_to_string(server.folder.path().join("out")).unwrap_or_default();
            assert!(Instant::now() < until, "the server does not answer: {said}");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn folder(user: &str) -> TempDir {
    let folder = tempfile::Builder::new().prefix("server-").tempdir().expect("a folder");
    own(folder.path(), user);
    folder
}

/// `program` as `user`.
fn as_user(user: &str, program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--clear-groups", "--inh-caps=-all", program]).current_dir("/");
    command
}

/// The URL, whether the authority is known, the exit status, and what is told or comes out.
type Row<'r> = (String, bool, i32, &'r str);

/// Runs `step` on each URL; the result of the step, or its error.
fn judge(authority: &Authority, step: &str, rows: &[Row<'_>]) {
    for (url, known, status, expected) in rows {
        let play = format!("connections: {{ c: \"{url}\" }}\nsteps:\n- {step}\n");
        let mut case = Case::playbook(&play);
        if *known {
            case = case.env("SSL_CERT_FILE", &authority.ca().display().to_string());
        }
        let ran = case.apply(&[]);
        let finished = ran.events().into_iter().find(|event| event["event"] == "step_finished");
        let finished = finished.unwrap_or_else(|| panic!("{url}: {}{}", ran.stdout, ran.stderr));
        let told = match &finished["error"] {
            Value::Null => finished["result"].to_string(),
            error => error["message"].to_string(),
        };
        assert_eq!((ran.status, told.contains(expected)), (*status, true), "{url}: {told}");
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("hunter2"), "{url}");
    }
}

#[test]
fn postgres_speaks_verified_tls_and_scram() {
    let (authority, port) = (Authority::new(), free_port());
    let (data, user) = (folder("postgres"), "postgres");
    let root = data.path().join("data");
    std::fs::write(data.path().join("password"), "hunter2 of tests\n").expect("a file");
    own(data.path(), user);
    let bin = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL").flatten().next().expect("a version").path();
    let program = |name: &str| bin.join("bin").join(name).display().to_string();
    let mut init = as_user(user, &program("initdb"));
    init.arg("-D").arg(&root).args(["-A", "scram-sha-256", "-U", "app", "--no-sync", "--pwfile"]);
    let done = init.arg(data.path().join("password")).output().expect("initdb");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut command = as_user(user, &program("postgres"));
    command.arg("-D").arg(&root).arg("-k").arg(data.path()).args(["-p", &port.to_string(), "-c", "ssl=on"]);
    for (name, path) in [("ssl_cert_file", authority.certificate()), ("ssl_key_file", authority.key(user))] {
        command.arg("-c").arg(format!("{name}={}", path.display()));
    }
    let server = Server::start(data, port, command);
    let url = |host: &str, options: &str| {
        format!("postgres://app:hunter2%20of%20tests@{host}:{}/postgres{options}", server.port)
    };
    let rooted = format!("?sslmode=verify-full&sslrootcert={}", authority.ca().display());
    let wrong = format!("postgres://app:hunter2%20wrong@localhost:{port}/postgres?sslmode=verify-full");
    let step = "query: { connection: c, sql: 'select ssl from pg_stat_ssl where pid = pg_backend_pid()' }";
    judge(
        &authority,
        step,
        &[
            (url("localhost", "?sslmode=verify-full"), true, 0, r#"{"ssl":true}"#),
            (url("localhost", &rooted), false, 0, r#"{"ssl":true}"#),
            (url("127.0.0.1", ""), false, 0, r#"{"ssl":false}"#),
            (url("localhost", "?sslmode=verify-full"), false, 4, "certificate"),
            (url("127.0.0.1", "?sslmode=verify-full"), true, 4, "certificate"),
            (wrong, true, 3, "password authentication failed"),
        ],
    );
}

#[test]
fn mariadb_speaks_verified_tls() {
    let (authority, port) = (Authority::new(), free_port());
    let (data, user) = (folder("mysql"), "mysql");
    let root = format!("--datadir={}", data.path().join("data").display());
    let done = Command::new("mariadb-install-db")
        .args(["--no-defaults", &root, "--user=mysql", "--auth-root-authentication-method=normal", "--skip-test-db"])
        .output()
        .expect("mariadb-install-db");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut command = as_user(user, "mariadbd");
    command.args(["--no-defaults", &root, "--bind-address=127.0.0.1", &format!("--port={port}")]);
    command.arg(format!("--socket={}", data.path().join("socket").display()));
    command.arg(format!("--ssl-cert={}", authority.certificate().display()));
    command.arg(format!("--ssl-key={}", authority.key(user).display()));
    let server = Server::start(data, port, command);
    let url = |host: &str, options: &str| format!("mysql://root@{host}:{}/mysql{options}", server.port);
    let rooted = format!("?ssl-mode=VERIFY_IDENTITY&ssl-ca={}", authority.ca().display());
    let step = "query: { connection: c, sql: \"select variable_value <> '' as tls from information_schema.session_status \
                where variable_name = 'Ssl_cipher'\" }";
    judge(
        &authority,
        step,
        &[
            (url("localhost", "?ssl-mode=VERIFY_IDENTITY"), true, 0, r#"{"tls":1}"#),
            (url("localhost", &rooted), false, 0, r#"{"tls":1}"#),
            (url("127.0.0.1", ""), false, 0, r#"{"tls":0}"#),
            (url("localhost", "?ssl-mode=VERIFY_IDENTITY"), false, 4, "certificate"),
            (url("127.0.0.1", "?ssl-mode=VERIFY_IDENTITY"), true, 4, "certificate"),
        ],
    );
}

#[test]
fn redis_speaks_verified_tls_and_keeps_to_its_acl() {
    let (authority, port) = (Authority::new(), free_port());
    let data = folder("root");
    std::fs::write(
        data.path().join("acl"),
        "user default off\nuser app on >hunter2-of-tests ~app:* +set +ping +select +client +hello\n",
    )
    .expect("a file");
    let mut command = Command::new("redis-server");
    command.args(["--port", "0", "--tls-port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
    command.args(["--tls-auth-clients", "no", "--dir"]).arg(data.path()).arg("--aclfile").arg(data.path().join("acl"));
    command.arg("--tls-ca-cert-file").arg(authority.ca()).arg("--tls-cert-file").arg(authority.certificate());
    command.arg("--tls-key-file").arg(authority.key("root"));
    let server = Server::start(data, port, command);
    let url = |host: &str, password: &str| format!("rediss://app:{password}@{host}:{}", server.port);
    let set = "query: { connection: c, command: [SET, 'app:a', x] }";
    judge(
        &authority,
        set,
        &[
            (url("localhost", "hunter2-of-tests"), true, 0, r#""value":"OK""#),
            (url("localhost", "hunter2-of-tests"), false, 4, "certificate"),
            (url("127.0.0.1", "hunter2-of-tests"), true, 4, "certificate"),
            (url("localhost", "hunter2-wrong"), true, 3, "WRONGPASS"),
        ],
    );
    let other = "query: { connection: c, command: [SET, 'other:a', x] }";
    judge(&authority, other, &[(url("localhost", "hunter2-of-tests"), true, 1, "NOPERM")]);
    let get = "query: { connection: c, command: [GET, 'app:a'] }";
    judge(&authority, get, &[(url("localhost", "hunter2-of-tests"), true, 1, "NOPERM")]);
}

#[test]
fn rabbitmq_speaks_verified_tls() {
    let (authority, port) = (Authority::new(), free_port());
    let lines = format!(
        "listeners.ssl.1 = 127.0.0.1:{port}\nssl_options.cacertfile = {}\nssl_options.certfile = {}\nssl_options.keyfile = {}\n",
        authority.ca().display(),
        authority.certificate().display(),
        authority.key("root").display()
    );
    let broker = Broker::start_with(&lines);
    let url = |host: &str| format!("amqps://guest:guest@{host}:{port}");
    broker.admin(&["declare", "queue", "name=protected"]);
    let step = "publish: { connection: c, routing_key: protected, message: m }";
    judge(
        &authority,
        step,
        &[
            (url("localhost"), true, 0, ""),
            (url("localhost"), false, 4, "certificate"),
            (url("127.0.0.1"), true, 4, "certificate"),
        ],
    );
    assert_eq!(broker.ctl(&["list_queues", "name", "messages"]).lines().last(), Some("protected\t1"));
}

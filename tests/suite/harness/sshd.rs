//! SSH servers of our own on loopback: sshd processes with their own host keys and users, and doors that are no sshd.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use runbook::connection::host::{HostKeys, HostTarget, SshDialler, SshSettings, Via};
use tempfile::TempDir;

/// What an sshd is like.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// It takes passwords.
    pub passwords: bool,
    /// It takes the key.
    pub keys: bool,
    /// Sessions per connection; 10 unless told.
    pub sessions: Option<u32>,
    /// It has no SFTP.
    pub no_sftp: bool,
    /// Further lines of its configuration.
    pub lines: &'static str,
}

impl Options {
    /// It takes the key, and nothing else.
    pub const KEYS: Self = Self { passwords: false, keys: true, sessions: None, no_sftp: false, lines: "" };
}

/// A folder with what several servers share: the client's key and the known hosts.
pub struct Fleet {
    folder: TempDir,
    servers: Vec<Sshd>,
}

/// A server; it ends when it is dropped.
pub struct Sshd {
    /// Its port on 127.0.0.1.
    pub port: u16,
    process: Child,
    key: PathBuf,
}

impl Fleet {
    /// `n` servers that take the key.
    pub fn start(n: usize) -> Self {
        let mut fleet = Self::empty();
        for _ in 0..n {
            fleet.add(Options::KEYS);
        }
        fleet
    }

    /// No server yet.
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("sshd-").tempdir().expect("a folder");
        keygen(&folder.path().join("id"), "");
        fs::write(folder.path().join("known_hosts"), "").expect("known_hosts");
        fs::copy(folder.path().join("id.pub"), folder.path().join("authorized_keys")).expect("authorized_keys");
        // sshd reads the keys of a user that is not the folder's owner with that user's rights.
        open_up(folder.path(), 0o755);
        open_up(&folder.path().join("authorized_keys"), 0o644);
        Self { folder, servers: Vec::new() }
    }

    /// Starts one more; its number.
    pub fn add(&mut self, options: Options) -> usize {
        let number = self.servers.len();
        let server = Sshd::start(self.folder.path(), number, options);
        let public = fs::read_to_string(server.key.with_extension("pub")).expect("a public key");
        self.know(server.port, &public);
        self.servers.push(server);
        number
    }

    /// Writes a host key down.
    pub fn know(&self, port: u16, public: &str) {
        let mut text = fs::read_to_string(self.known_hosts()).expect("known_hosts");
        text = format!("{text}[127.0.0.1]:{port} {public}");
        fs::write(self.known_hosts(), text).expect("known_hosts");
    }

    /// A server.
    pub fn server(&self, number: usize) -> &Sshd {
        &self.servers[number]
    }

    /// Where the host keys are known.
    pub fn known_hosts(&self) -> PathBuf {
        self.folder.path().join("known_hosts")
    }

    /// The client's key.
    pub fn key(&self) -> PathBuf {
        self.folder.path().join("id")
    }

    /// A folder for a test's own files, removed with the fleet.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// An `ssh_config` that knows these servers' keys and nothing of the person who tests.
    pub fn ssh_config(&self) -> PathBuf {
        let path = self.folder.path().join("ssh_config");
        let text = format!(
            "Host *\n  User root\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile /dev/null\n  IdentityFile none\n  \
             IdentityAgent none\n  UpdateHostKeys no\n",
            self.known_hosts().display()
        );
        fs::write(&path, text).expect("ssh_config");
        path
    }

    /// The servers as an inventory.
    #[allow(dead_code)]
    pub fn inventory(&self) -> String {
        let lines = self
            .servers
            .iter()
            .enumerate()
            .map(|(number, server)| format!("h{number} ansible_host=127.0.0.1 ansible_port={}\n", server.port));
        let key = self.key();
        let config = self.ssh_config();
        format!(
            "{}\n[all:vars]\nansible_user=root\nansible_ssh_private_key_file={}\nansible_ssh_common_args='-F {}'\n",
            lines.collect::<String>(),
            key.display(),
            config.display()
        )
    }

    /// A server as a target, with the key.
    pub fn target(&self, number: usize) -> HostTarget {
        HostTarget { key: Some(self.key()), ..stranger(self.servers[number].port) }
    }

    /// The settings of a dialler for these servers.
    pub fn settings(&self, host_keys: HostKeys) -> SshSettings {
        SshSettings {
            config: Some(self.ssh_config()),
            host_keys,
            connect_timeout: Duration::from_secs(10),
            askpass: Some(env!("CARGO_BIN_EXE_runbook").into()),
            withheld: Vec::new(),
        }
    }

    /// A dialler that insists on known host keys.
    pub fn dialler(&self) -> SshDialler {
        SshDialler::new(self.settings(HostKeys::Strict))
    }
}

/// Something on a port, without any way to log in.
pub fn stranger(port: u16) -> HostTarget {
    HostTarget {
        name: "web1".to_owned(),
        via: Via::Ssh,
        address: "127.0.0.1".to_owned(),
        port: Some(port),
        user: Some("root".to_owned()),
        password: None,
        key: None,
        passphrase: None,
        ssh_args: Vec::new(),
        become_password: None,
    }
}

impl Sshd {
    fn start(folder: &Path, number: usize, options: Options) -> Self {
        let key = folder.join(format!("host{number}"));
        keygen(&key, "");
        let _ = fs::create_dir("/run/sshd");
        for _ in 0..20 {
            let port = free_port();
            let config = folder.join(format!("sshd{number}.conf"));
            fs::write(&config, configuration(folder, &key, port, options)).expect("sshd_config");
            let log = fs::File::create(folder.join(format!("sshd{number}.log"))).expect("a log");
            let mut process = Command::new("/usr/sbin/sshd")
                .args(["-D", "-e", "-f"])
                .arg(&config)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()
                .expect("sshd (install openssh-server)");
            if answers(port, &mut process) {
                return Self { port, process, key };
            }
            let _ = process.kill();
            let _ = process.wait();
        }
        panic!("sshd does not start in {}", folder.display());
    }

    /// Its public host key.
    pub fn public_key(&self) -> String {
        fs::read_to_string(self.key.with_extension("pub")).expect("a public key")
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Kills the processes that serve its connections, as a crash of the machine would.
    pub fn cut(&self) {
        for child in self.serving() {
            let _ = Command::new("kill").args(["-9", &child.to_string()]).status();
        }
    }

    /// How many connections it serves.
    pub fn connections(&self) -> usize {
        self.serving().len()
    }

    /// The processes that serve its connections.
    pub fn serving(&self) -> Vec<u32> {
        children(self.process.id())
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.cut();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn children(of: u32) -> Vec<u32> {
    let output = Command::new("ps").args(["--no-headers", "-o", "pid", "--ppid", &of.to_string()]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

fn configuration(folder: &Path, key: &Path, port: u16, options: Options) -> String {
    let keys = if options.keys { folder.join("authorized_keys") } else { PathBuf::from("/dev/null") };
    let sftp = if options.no_sftp { String::new() } else { "Subsystem sftp internal-sftp\n".to_owned() };
    format!(
        "ListenAddress 127.0.0.1:{port}\nHostKey {}\nPidFile none\nAuthorizedKeysFile {}\nUsePAM no\nStrictModes no\n\
         UseDNS no\nPermitRootLogin yes\nLogLevel VERBOSE\nPasswordAuthentication {}\nKbdInteractiveAuthentication no\n\
         MaxSessions {}\n{}\n{sftp}",
        key.display(),
        keys.display(),
        if options.passwords { "yes" } else { "no" },
        options.sessions.unwrap_or(10),
        options.lines,
    )
}

/// Makes a key pair with a passphrase.
pub fn keygen(path: &Path, passphrase: &str) {
    let status = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", passphrase, "-f"]).arg(path).status();
    assert!(status.is_ok_and(|status| status.success()), "ssh-keygen");
}

fn open_up(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
}

/// A port on which nothing listens.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("its address").port()
}

fn answers(port: u16, process: &mut Child) -> bool {
    let until = Instant::now() + Duration::from_secs(20);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    while Instant::now() < until {
        if !matches!(process.try_wait(), Ok(None)) {
            return false;
        }
        if TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

/// What answers at a door that is no sshd.
#[derive(Clone, Copy, Debug)]
pub enum Door {
    /// Nothing listens.
    Refuses,
    /// It takes the connection and says nothing.
    Silent,
    /// It says what is not SSH.
    Garbage,
    /// It hangs up at once.
    Closes,
}

/// Opens such a door for as long as the process lives; its port.
pub fn door(kind: Door) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("its address").port();
    if matches!(kind, Door::Refuses) {
        return port;
    }
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            std::thread::spawn(move || match kind {
                Door::Garbage => {
                    let _ =
                        stream.write_all("HTTP/1.1 400 Bad Request\r\nServer: not \u{1b}[31mssh\r\n\r\n".as_bytes());
                    let _ = stream.read(&mut [0; 1024]);
                }
                Door::Silent => while stream.read(&mut [0; 1024]).is_ok_and(|length| length > 0) {},
                Door::Refuses | Door::Closes => {}
            });
        }
    });
    port
}

/// A user of this machine that is made for a test and removed after it.
pub struct User {
    /// The login name.
    pub name: String,
    /// The password.
    pub password: String,
    home: TempDir,
}

impl User {
    /// A new user; `sudo` lets it become anybody, with its password or without.
    pub fn new(sudo: Option<&str>) -> Self {
        let token = uuid::Uuid::new_v4().simple().to_string();
        let name = format!("rb{}", &token[..10]);
        let password = format!("pass word'{}", &token[10..20]);
        let home = tempfile::Builder::new().prefix("home-").tempdir().expect("a folder");
        let added = Command::new("useradd").args(["-M", "-s", "/bin/bash", "-d"]).arg(home.path()).arg(&name).status();
        assert!(added.is_ok_and(|status| status.success()), "useradd (tests run as root)");
        let mut chpasswd = Command::new("chpasswd").stdin(Stdio::piped()).spawn().expect("chpasswd");
        let line = format!("{name}:{password}\n");
        chpasswd.stdin.take().expect("its input").write_all(line.as_bytes()).expect("a line");
        assert!(chpasswd.wait().is_ok_and(|status| status.success()), "chpasswd");
        let owned = Command::new("chown").arg(format!("{name}:{name}")).arg(home.path()).status();
        assert!(owned.is_ok_and(|status| status.success()), "chown");
        if let Some(tag) = sudo {
            let path = PathBuf::from(format!("/etc/sudoers.d/{name}"));
            fs::write(&path, format!("Defaults:{name} timestamp_timeout=0\n{name} ALL=(ALL:ALL) {tag}ALL\n"))
                .expect("sudoers");
            open_up(&path, 0o440);
        }
        Self { name, password, home }
    }

    /// Its home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let _ = fs::remove_file(format!("/etc/sudoers.d/{}", self.name));
        let _ = Command::new("userdel").args(["-f", &self.name]).stderr(Stdio::null()).status();
        let _ = Command::new("groupdel").arg(&self.name).stderr(Stdio::null()).status();
    }
}

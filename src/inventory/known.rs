//! The vars that say how a host is reached: one table for those who read them and for the schema.

/// A var, under its name and the older ones that Ansible still takes.
pub struct KnownVar {
    /// The first that is set counts.
    pub names: &'static [&'static str],
    /// What it may be.
    pub kind: VarKind,
    /// For people.
    pub description: &'static str,
}

/// What a var may be, besides a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VarKind {
    /// A text.
    Text,
    /// A port number.
    Port,
    /// True or false, as Ansible writes them.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// Words of `ansible_connection` that mean ssh.
pub const SSH: &[&str] = &["ssh", "smart", "paramiko", "paramiko_ssh", "libssh"];
/// The word of `ansible_connection` that means this machine.
pub const LOCAL: &str = "local";

macro_rules! known {
    ($($name:ident: $kind:expr, [$($var:literal),+], $description:literal;)+) => {
        $(
            #[doc = $description]
            pub const $name: &KnownVar =
                &KnownVar { names: &[$($var),+], kind: $kind, description: $description };
        )+
        /// All of them.
        pub const KNOWN: &[&KnownVar] = &[$($name),+];
    };
}

known! {
    ADDRESS: VarKind::Text, ["ansible_host", "ansible_ssh_host"], "The address; by default the host's name.";
    PORT: VarKind::Port, ["ansible_port", "ansible_ssh_port"], "The port of sshd; by default what `ssh_config` says, else 22.";
    USER: VarKind::Text, ["ansible_user", "ansible_ssh_user"], "Who logs in; by default what `ssh_config` says.";
    PASSWORD: VarKind::Text, ["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"], "The password of the login; a secret.";
    KEY: VarKind::Text, ["ansible_ssh_private_key_file", "ansible_private_key_file"], "The file of the private key.";
    PASSPHRASE: VarKind::Text, ["ansible_ssh_passphrase", "ansible_private_key_passphrase"], "What opens the private key; a secret.";
    COMMON_ARGS: VarKind::Text, ["ansible_ssh_common_args"], "Arguments of ssh: -F, -o and -J are taken.";
    EXTRA_ARGS: VarKind::Text, ["ansible_ssh_extra_args"], "More arguments of ssh: -F, -o and -J are taken.";
    CONNECTION: VarKind::Word(&["ssh", LOCAL, "smart", "paramiko", "paramiko_ssh", "libssh"]), ["ansible_connection"], "How it is reached: ssh, or local for this machine.";
    BECOME: VarKind::Flag, ["ansible_become"], "Whether steps run as another user (sudo).";
    BECOME_METHOD: VarKind::Word(&["sudo"]), ["ansible_become_method"], "How: by sudo.";
    BECOME_USER: VarKind::Text, ["ansible_become_user"], "As whom; root by default.";
    BECOME_PASSWORD: VarKind::Text, ["ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"], "What sudo asks for; a secret.";
}

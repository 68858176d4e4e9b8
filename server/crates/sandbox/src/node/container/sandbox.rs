//! Bubblewrap's arguments for one container.
//!
//! Nothing that may be secret stands on a command line: the environment goes with the other options through a pipe
//! (`--args`), and only the container's own command is an argument, as it is inside.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::env::Environment;
use super::root::Mount;

/// The capabilities container runtimes leave to root.
const KEPT_CAPABILITIES: [&str; 10] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_NET_BIND_SERVICE",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
];

/// Who starts the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::node) enum Privilege {
    /// Root: no user namespace; capabilities are dropped instead.
    Root,
    /// Anyone else: bubblewrap makes a user namespace.
    Unprivileged,
}

impl Privilege {
    pub(in crate::node) fn current() -> Self {
        if rustix::process::geteuid().is_root() { Self::Root } else { Self::Unprivileged }
    }
}

/// Whether the container may write to its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::node) enum RootAccess {
    ReadOnly,
    Writable,
}

/// Everything one container is made of.
#[derive(Clone)]
pub(in crate::node) struct Sandbox {
    pub(in crate::node) mounts: Vec<Mount>,
    pub(in crate::node) env: Environment,
    pub(in crate::node) host_name: String,
    pub(in crate::node) work_dir: PathBuf,
    pub(in crate::node) root: RootAccess,
    pub(in crate::node) privilege: Privilege,
    pub(in crate::node) command: Vec<String>,
}

impl Sandbox {
    /// The options, each ended by NUL, for `--args`.
    pub(in crate::node) fn options(&self) -> Vec<u8> {
        let mut out = Options::default();
        for word in ["--unshare-pid", "--unshare-uts", "--unshare-ipc", "--as-pid-1", "--die-with-parent", "--clearenv"]
        {
            out.add([word]);
        }
        out.add(["--hostname", &self.host_name]);
        if self.privilege == Privilege::Root {
            out.add(["--cap-drop", "ALL"]);
            for capability in KEPT_CAPABILITIES {
                out.add(["--cap-add", capability]);
            }
        }
        for (name, value) in &self.env {
            out.add(["--setenv", name, value]);
        }
        for mount in &self.mounts {
            out.mount(mount);
        }
        out.add([OsStr::new("--dir"), self.work_dir.as_os_str()]);
        if self.root == RootAccess::ReadOnly {
            out.add(["--remount-ro", "/"]);
        }
        out.add([OsStr::new("--chdir"), self.work_dir.as_os_str()]);
        out.bytes
    }
}

#[derive(Default)]
struct Options {
    bytes: Vec<u8>,
}

impl Options {
    fn add<W: AsRef<OsStr>, const N: usize>(&mut self, words: [W; N]) {
        for word in words {
            self.bytes.extend_from_slice(word.as_ref().as_bytes());
            self.bytes.push(0);
        }
    }

    fn mount(&mut self, mount: &Mount) {
        match mount {
            Mount::Tmpfs { at } => self.add([OsStr::new("--tmpfs"), at.as_os_str()]),
            Mount::Folder { at } => self.add([OsStr::new("--dir"), at.as_os_str()]),
            Mount::Proc { at } => self.add([OsStr::new("--proc"), at.as_os_str()]),
            Mount::Device { path } => self.add([OsStr::new("--dev-bind-try"), path.as_os_str(), path.as_os_str()]),
            Mount::Symlink { to, at } => self.add([OsStr::new("--symlink"), to.as_os_str(), at.as_os_str()]),
            Mount::ReadOnly { from, at } => self.add([OsStr::new("--ro-bind"), from.as_os_str(), at.as_os_str()]),
            Mount::Writable { from, at } => self.add([OsStr::new("--bind"), from.as_os_str(), at.as_os_str()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(sandbox: &Sandbox) -> Vec<String> {
        let options = sandbox.options();
        assert_eq!(options.last(), Some(&0));
        options.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect()
    }

    fn sandbox(privilege: Privilege, root: RootAccess) -> Sandbox {
        Sandbox {
            mounts: vec![
                Mount::Tmpfs { at: "/".into() },
                Mount::Writable { from: "/state/v".into(), at: "/data".into() },
            ],
            env: Environment::from([("PASSWORD".to_owned(), "a b=c".to_owned())]),
            host_name: "broker-0".to_owned(),
            work_dir: "/opt".into(),
            root,
            privilege,
            command: vec!["true".to_owned()],
        }
    }

    #[test]
    fn values_pass_through_the_options_unquoted_and_the_command_does_not() {
        let words = words(&sandbox(Privilege::Unprivileged, RootAccess::Writable));
        let after = |word: &str| words.iter().skip_while(|other| *other != word).skip(1).cloned().collect::<Vec<_>>();
        assert_eq!(after("--setenv")[..2], ["PASSWORD", "a b=c"]);
        assert_eq!(after("--bind")[..2], ["/state/v", "/data"]);
        assert_eq!(after("--chdir")[0], "/opt");
        assert!(!words.contains(&"true".to_owned()) && !words.contains(&"--cap-drop".to_owned()));
        assert!(!words.contains(&"--remount-ro".to_owned()));
    }

    #[test]
    fn root_loses_capabilities_and_a_read_only_root_comes_after_the_mounts() {
        let words = words(&sandbox(Privilege::Root, RootAccess::ReadOnly));
        let place = |word: &str| words.iter().position(|other| other == word);
        assert!(place("--cap-drop").is_some());
        assert!(place("--bind") < place("--remount-ro"));
    }
}

//! The state folder of a sandbox: what stands where in it, and that one sandbox at a time uses it.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use crate::error::SandboxError;

/// Readable by its owner alone: what it is applied to holds keys.
const OWNER_ONLY: u32 = 0o600;
const OWNER_ONLY_FOLDER: u32 = 0o700;

/// The paths of a state folder. Only the sandbox's own; nodes keep theirs under `nodes/`.
#[derive(Debug, Clone)]
pub(crate) struct StateFolder {
    root: PathBuf,
}

impl StateFolder {
    /// Makes the folder if it is not there, and remembers it by its absolute path.
    pub(crate) fn open(path: &Path) -> Result<Self, SandboxError> {
        make_private_folder(path)?;
        let root = path.canonicalize().map_err(SandboxError::file("find", path))?;
        Ok(Self { root })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn claim(&self) -> PathBuf {
        self.root.join("claim.json")
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.root.join("kubeconfig")
    }

    pub(crate) fn pki(&self) -> PathBuf {
        self.root.join("pki")
    }

    pub(crate) fn etcd(&self) -> PathBuf {
        self.root.join("etcd")
    }

    pub(crate) fn bin(&self) -> PathBuf {
        self.root.join("bin")
    }

    pub(crate) fn log(&self, service: &str) -> PathBuf {
        self.root.join("logs").join(format!("{service}.log"))
    }

    pub(crate) fn process_records(&self) -> PathBuf {
        self.root.join("processes")
    }

    /// Makes `bin/<name>` point to a program.
    pub(crate) fn link_program(&self, name: &str, program: &Path) -> Result<(), SandboxError> {
        let bin = self.bin();
        fs::create_dir_all(&bin).map_err(SandboxError::file("make", &bin))?;
        let link = bin.join(name);
        let unfinished = bin.join(format!(".{name}.new"));
        let program = program.canonicalize().map_err(SandboxError::file("find", program))?;
        remove_if_there(&unfinished)
            .and_then(|()| symlink(&program, &unfinished))
            .and_then(|()| fs::rename(&unfinished, &link))
            .map_err(SandboxError::file("make the link", &link))
    }
}

/// The folder is this process's for as long as this lives.
#[derive(Debug)]
pub(crate) struct StateLock {
    _file: File,
}

impl StateLock {
    /// Takes the folder, or says who has it. Touches nothing when somebody has.
    pub(crate) fn take(folder: &StateFolder) -> Result<Self, SandboxError> {
        let path = folder.root.join("lock");
        let mut file = open_lock(&path).map_err(SandboxError::file("open", &path))?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut holder = String::new();
                let pid = file.read_to_string(&mut holder).ok().and_then(|_| holder.trim().parse().ok());
                return Err(SandboxError::InUse { state_dir: folder.root.clone(), pid });
            }
            Err(error) => return Err(SandboxError::file("lock", &path)(error.into())),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(SandboxError::file("write", &path))?;
        Ok(Self { _file: file })
    }

    /// Whether some process has the folder now.
    pub(crate) fn is_taken(state_dir: &Path) -> io::Result<bool> {
        let file = match File::open(state_dir.join("lock")) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => Ok(false),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}

/// Opens a lock file without changing what stands in it.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(OWNER_ONLY).open(path)
}

/// Makes a folder that only its owner may look into. One that is there stays as it is.
pub(crate) fn make_private_folder(path: &Path) -> Result<(), SandboxError> {
    let made = DirBuilder::new().recursive(true).mode(OWNER_ONLY_FOLDER).create(path);
    made.map_err(SandboxError::file("make", path))
}

/// Writes a file that only its owner may read, in one step.
pub(crate) fn write_private(path: &Path, content: &str) -> Result<(), SandboxError> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    let write = || -> io::Result<()> {
        remove_if_there(&unfinished)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(&unfinished)?;
        // The mask of the user may have taken bits away, never added any; say it once more so that it is exactly this.
        file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
        file.write_all(content.as_bytes())?;
        fs::rename(&unfinished, path)
    };
    write().map_err(SandboxError::file("write", path))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_use_is_refused_and_left_as_it_is() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = StateFolder::open(&scratch.path().join("state")).unwrap();
        let held = StateLock::take(&folder).unwrap();
        let before = fs::read_to_string(folder.root.join("lock")).unwrap();

        let refused = StateLock::take(&folder).unwrap_err();

        assert!(matches!(&refused, SandboxError::InUse { pid, .. } if *pid == Some(std::process::id())), "{refused}");
        assert!(refused.to_string().contains("klamm sandbox down"));
        assert_eq!(fs::read_to_string(folder.root.join("lock")).unwrap(), before);
        assert!(StateLock::is_taken(&folder.root).unwrap());
        drop(held);
        assert!(!StateLock::is_taken(&folder.root).unwrap());
        StateLock::take(&folder).unwrap();
    }

    #[test]
    fn what_holds_keys_is_for_its_owner_alone() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = StateFolder::open(&scratch.path().join("state")).unwrap();
        let path = folder.kubeconfig();
        fs::write(&path, "older and for everybody").unwrap();
        write_private(&path, "secret").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "secret");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(folder.root()).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_linked_program_can_be_linked_again() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = StateFolder::open(scratch.path()).unwrap();
        folder.link_program("tool", Path::new("/bin/sh")).unwrap();
        folder.link_program("tool", Path::new("/bin/true")).unwrap();
        let target = fs::canonicalize(folder.bin().join("tool")).unwrap();
        assert_eq!(target, Path::new("/bin/true").canonicalize().unwrap());
    }
}

//! What a container sees of the file system, before its volumes: the host's programs, what they need of `/etc`, and
//! the image's own folders, all read-only, in an otherwise empty root.
//!
//! An image's folder cannot be written to, so a mount point missing in it is made by binding the folder's entries one by
//! one into a fresh folder.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// One step of building the container's root, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::node) enum Mount {
    Tmpfs { at: PathBuf },
    Folder { at: PathBuf },
    Proc { at: PathBuf },
    Device { path: PathBuf },
    Symlink { to: PathBuf, at: PathBuf },
    ReadOnly { from: PathBuf, at: PathBuf },
    Writable { from: PathBuf, at: PathBuf },
}

/// Folders whose content comes from the host; an image's own are not looked at.
const HOSTS_OWN: [&str; 12] =
    ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "proc", "dev", "sys", "tmp", "run"];
/// What programs, a JVM above all, look for in `/etc`.
const OF_ETC: [&str; 20] = [
    "alternatives",
    "ca-certificates",
    "ca-certificates.conf",
    "crypto-policies",
    "gai.conf",
    "group",
    "host.conf",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "mtab",
    "nsswitch.conf",
    "os-release",
    "passwd",
    "pki",
    "protocols",
    "services",
    "ssl",
];
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// The part of the root that is the same for every container of this machine.
pub(in crate::node) fn of_host() -> Vec<Mount> {
    let mut mounts = vec![Mount::Tmpfs { at: "/".into() }];
    for name in HOSTS_OWN.iter().take_while(|name| **name != "proc") {
        let path = Path::new("/").join(name);
        mounts.extend(same_as_on_host(&path));
    }
    for folder in ["/etc", "/run", "/var/tmp", "/root", "/dev"] {
        mounts.push(Mount::Folder { at: folder.into() });
    }
    for name in OF_ETC {
        mounts.extend(same_as_on_host(&Path::new("/etc").join(name)));
    }
    for entry in fs::read_dir("/etc").into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("java") {
            mounts.extend(same_as_on_host(&entry.path()));
        }
    }
    mounts.push(Mount::Proc { at: "/proc".into() });
    mounts.push(Mount::Tmpfs { at: "/tmp".into() });
    mounts.extend(DEVICES.iter().map(|name| Mount::Device { path: Path::new("/dev").join(name) }));
    mounts.push(Mount::Tmpfs { at: "/dev/shm".into() });
    for (at, to) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ] {
        mounts.push(Mount::Symlink { to: to.into(), at: Path::new("/dev").join(at) });
    }
    mounts.extend(java_home().map(|home| Mount::ReadOnly { from: home.clone(), at: home }));
    mounts
}

fn same_as_on_host(path: &Path) -> Option<Mount> {
    let kind = fs::symlink_metadata(path).ok()?;
    if kind.is_symlink() {
        return fs::read_link(path).ok().map(|to| Mount::Symlink { to, at: path.to_owned() });
    }
    Some(Mount::ReadOnly { from: path.to_owned(), at: path.to_owned() })
}

/// Where the host's Java lives, if that is outside `/usr`.
pub(in crate::node) fn java_home() -> Option<PathBuf> {
    let stated = env::var_os("JAVA_HOME").map(PathBuf::from).filter(|home| home.join("bin/java").exists());
    let found = || {
        let path = env::var_os("PATH")?;
        let java = env::split_paths(&path).map(|folder| folder.join("java")).find(|java| java.exists())?;
        Some(fs::canonicalize(java).ok()?.parent()?.parent()?.to_owned())
    };
    let home = stated.or_else(found)?;
    (home.is_absolute() && !home.starts_with("/usr")).then_some(home)
}

/// The image's own folders, with a folder or file to mount onto at each of `mount_points`.
pub(in crate::node) fn of_image(rootfs: &Path, mount_points: &[PathBuf]) -> io::Result<Vec<Mount>> {
    let mut mounts = Vec::new();
    for name in entries(rootfs)? {
        if !HOSTS_OWN.iter().any(|own| Path::new(own) == name) {
            bind(&rootfs.join(&name), &Path::new("/").join(&name), mount_points, &mut mounts)?;
        }
    }
    Ok(mounts)
}

fn bind(from: &Path, at: &Path, mount_points: &[PathBuf], mounts: &mut Vec<Mount>) -> io::Result<()> {
    let kind = fs::symlink_metadata(from)?;
    if kind.is_symlink() {
        mounts.push(Mount::Symlink { to: fs::read_link(from)?, at: at.to_owned() });
    } else if kind.is_dir()
        && (at == Path::new("/etc") || mount_points.iter().any(|point| point != at && point.starts_with(at)))
    {
        mounts.push(Mount::Folder { at: at.to_owned() });
        for name in entries(from)? {
            bind(&from.join(&name), &at.join(&name), mount_points, mounts)?;
        }
    } else if !mount_points.iter().any(|point| point == at) {
        mounts.push(Mount::ReadOnly { from: from.to_owned(), at: at.to_owned() });
    }
    Ok(())
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut names = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.file_name().into()))
        .collect::<io::Result<Vec<PathBuf>>>()?;
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_bound_whole_except_where_something_is_mounted_into_it() {
        let image = tempfile::tempdir().unwrap();
        for folder in ["opt/kafka/bin", "opt/kafka/libs", "usr/bin", "srv", "etc/kafka"] {
            fs::create_dir_all(image.path().join(folder)).unwrap();
        }
        std::os::unix::fs::symlink("kafka", image.path().join("opt/current")).unwrap();
        let read_only = |path: &str| Mount::ReadOnly { from: image.path().join(path), at: Path::new("/").join(path) };
        let folder = |path: &str| Mount::Folder { at: path.into() };

        let plain = of_image(image.path(), &["/var/lib/kafka".into()]).unwrap();
        assert_eq!(plain, [folder("/etc"), read_only("etc/kafka"), read_only("opt"), read_only("srv")]);

        let into = of_image(image.path(), &["/opt/kafka/config".into(), "/srv".into()]).unwrap();
        let current = Mount::Symlink { to: "kafka".into(), at: "/opt/current".into() };
        let expected = [
            folder("/etc"),
            read_only("etc/kafka"),
            folder("/opt"),
            current,
            folder("/opt/kafka"),
            read_only("opt/kafka/bin"),
            read_only("opt/kafka/libs"),
        ];
        assert_eq!(into, expected, "the image's own /usr is left out, the volume covers /srv");
    }

    #[test]
    fn the_root_begins_empty_and_nothing_of_the_host_can_be_written() {
        let mounts = of_host();
        assert_eq!(mounts.first(), Some(&Mount::Tmpfs { at: "/".into() }));
        assert!(mounts.contains(&Mount::ReadOnly { from: "/usr".into(), at: "/usr".into() }));
        assert!(!mounts.iter().any(|mount| matches!(mount, Mount::Writable { .. })));
        assert!(!mounts.iter().any(|mount| matches!(mount, Mount::ReadOnly { at, .. } if at == Path::new("/etc"))));
    }
}

//! Putting files into a volume so that readers see all of the old or all of the new: a kubelet's `..data` link.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::payload::{File, Payload};

const CURRENT: &str = "..data";
const CURRENT_UNFINISHED: &str = "..data_tmp";

/// Makes the folder contain exactly these files. What is there already and the same stays untouched.
pub(super) fn publish(folder: &Path, payload: &Payload, now: jiff::Timestamp) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let current = folder.join(CURRENT);
    let before = fs::read_link(&current).ok();
    if before.is_some() && read(&current, Path::new(""), &mut Payload::new())? == *payload {
        return Ok(());
    }
    let version = format!("..{}", now.as_nanosecond());
    let fresh = folder.join(&version);
    fs::create_dir(&fresh)?;
    for (path, file) in payload {
        let path = fresh.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, &file.bytes)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(file.mode))?;
    }
    let unfinished = folder.join(CURRENT_UNFINISHED);
    remove_if_there(&unfinished)?;
    symlink(&version, &unfinished)?;
    fs::rename(&unfinished, &current)?;
    link_names(folder, payload)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_version = name.to_string_lossy().starts_with("..") && entry.file_type()?.is_dir();
        if is_version && name != OsString::from(&version) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// What people see: one link per file or folder at the top, through `..data`.
fn link_names(folder: &Path, payload: &Payload) -> io::Result<()> {
    let tops: Vec<OsString> =
        payload.keys().filter_map(|path| Some(path.components().next()?.as_os_str().to_owned())).collect();
    for top in &tops {
        let link = folder.join(top);
        if fs::symlink_metadata(&link).is_err() {
            symlink(Path::new(CURRENT).join(top), &link)?;
        }
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if !name.to_string_lossy().starts_with("..") && !tops.contains(&name) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn read(root: &Path, inside: &Path, found: &mut Payload) -> io::Result<Payload> {
    for entry in fs::read_dir(root.join(inside))? {
        let entry = entry?;
        let path = inside.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            read(root, &path, found)?;
        } else {
            let mode = entry.metadata()?.permissions().mode() & 0o777;
            found.insert(path, File { bytes: fs::read(entry.path())?, mode });
        }
    }
    Ok(found.clone())
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

    fn payload(files: &[(&str, &str)]) -> Payload {
        let file = |text: &str| File { bytes: text.as_bytes().to_vec(), mode: 0o640 };
        files.iter().map(|(path, text)| (path.into(), file(text))).collect()
    }

    fn at(second: i64) -> jiff::Timestamp {
        jiff::Timestamp::from_second(second).unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_change_swaps_everything_at_once_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        publish(path, &payload(&[("a", "1"), ("deep/b", "2")]), at(1)).unwrap();
        assert_eq!(fs::read_to_string(path.join("deep/b")).unwrap(), "2");
        let kept_open = fs::canonicalize(path.join("a")).unwrap();
        assert_eq!(fs::metadata(&kept_open).unwrap().permissions().mode() & 0o777, 0o640);

        publish(path, &payload(&[("a", "1"), ("deep/b", "2")]), at(2)).unwrap();
        assert_eq!(fs::canonicalize(path.join("a")).unwrap(), kept_open, "the same again changes nothing");

        publish(path, &payload(&[("a", "new"), ("c", "3")]), at(3)).unwrap();
        assert_eq!(fs::read_to_string(path.join("a")).unwrap(), "new");
        assert!(!kept_open.exists());
        assert_eq!(names(path), ["..3000000000", "..data", "a", "c"]);

        publish(path, &payload(&[]), at(4)).unwrap();
        assert_eq!(names(path), ["..4000000000", "..data"]);
    }
}

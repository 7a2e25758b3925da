//! What a conversation finds at its start: what kind of machine this is, a change that was cut short,
//! a search index that is not there.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::announce::{self, Announcement, Turn};
use crate::fault::Explain;
use crate::nix::Backend;
use crate::nix::read::index::build_from_nix;

/// What the user should know of the machine before asking it anything; nothing on a `NixOS` machine. Blocks
/// for about 20 ms.
pub fn machine(backend: &Backend, demo: bool) -> Option<Announcement> {
    let found = backend.discover();
    let turn = match (demo, &found.nix, &found.nixos) {
        (true, ..) => Turn::Demo,
        (_, None, None) => Turn::NoNix,
        (_, _, None) => Turn::NotNixos,
        _ => return None,
    };
    Some(announce::dialogue(&turn))
}

/// Looks for a change that was cut short. Whether it is finished or taken back is the user's to say.
pub fn unfinished(backend: &Backend) -> Option<Announcement> {
    match backend.unfinished() {
        Ok(found) => found.map(|found| announce::dialogue(&Turn::Unfinished { said: &found.entry.why })),
        Err(error) => Some(announce::fault(&error.fault())),
    }
}

/// Builds the search index in the background where there is none; what is to be told about it comes
/// out of the receiver, which ends with the work.
pub fn index(backend: &Backend, cancel: CancellationToken) -> mpsc::Receiver<Announcement> {
    let (tell, told) = mpsc::channel(4);
    // Without Nix there is nothing to read the list from.
    if backend.index().is_err() && backend.roots().store.is_dir() {
        let backend = backend.clone();
        tokio::task::spawn_blocking(move || {
            let say = |announcement| drop(tell.blocking_send(announcement));
            say(announce::dialogue(&Turn::IndexMissing));
            match build_from_nix(&backend.files().index, backend.roots(), &cancel, &mut |_| {}) {
                Ok(contents) => say(announce::dialogue(&Turn::IndexReady { packages: contents.packages })),
                Err(error) if cancel.is_cancelled() => tracing::info!(%error, "the index waits for the next start"),
                Err(error) => say(announce::fault(&error.fault())),
            }
        });
    }
    told
}

//! A thread gives up rights that it never needs: to write files, to open connections, to send signals.
//!
//! For threads that read foreign bytes (sound, models). A fault in such a parser then reaches no file and no network
//! by itself. The rights are gone for the thread and all that it starts, for ever; the rest of the program keeps
//! them. It is no wall inside the process: memory is shared.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetError, RulesetStatus, Scope,
};

/// What of it the kernel could do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confined {
    Whole,
    /// An older kernel: files are protected, connections not.
    Partly,
    /// The kernel has no Landlock, or it is switched off.
    Not,
}

/// Takes the rights from the thread that calls this.
pub fn this_thread() -> Confined {
    let confined = restrict().map_or(Confined::Not, |status| match status {
        RulesetStatus::FullyEnforced => Confined::Whole,
        RulesetStatus::PartiallyEnforced => Confined::Partly,
        RulesetStatus::NotEnforced => Confined::Not,
    });
    if confined != Confined::Whole {
        tracing::info!(target: "confine", ?confined, "this kernel cannot take all rights from a thread");
    }
    confined
}

/// Runs something on a thread of its own that has no such rights, and waits for it; `None` where it panicked or no
/// thread could be had.
pub fn run<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("confined".to_owned()).spawn_scoped(scope, || {
            this_thread();
            work()
        });
        thread.ok()?.join().ok()
    })
}

fn restrict() -> Result<RulesetStatus, RulesetError> {
    // ABI 6 (Linux 6.12) has all that is wanted here; what an older kernel lacks is left out.
    let abi = ABI::V6;
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_write(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        // No rule: none of it is allowed anywhere.
        .create()?
        .restrict_self()?;
    Ok(status.ruleset)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::io::{ErrorKind, Read};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_confined_thread_reads_and_neither_writes_nor_connects_and_the_others_do() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        std::fs::write(&old, "kept").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let confined = std::thread::scope(|scope| {
            let work = || {
                let confined = this_thread();
                if confined == Confined::Not {
                    return confined;
                }
                // What it starts is confined too.
                std::thread::scope(|inner| {
                    inner.spawn(|| {
                        let denied = |error: std::io::Error| error.kind() == ErrorKind::PermissionDenied;
                        assert!(denied(std::fs::write(&new, "x").unwrap_err()));
                        assert!(denied(std::fs::write(&old, "x").unwrap_err()));
                        assert!(denied(std::fs::remove_file(&old).unwrap_err()));
                        assert!(denied(std::fs::rename(&old, &new).unwrap_err()));
                        assert!(denied(std::fs::create_dir(&new).unwrap_err()));
                        if confined == Confined::Whole {
                            assert!(denied(TcpStream::connect(address).unwrap_err()));
                            assert!(denied(TcpListener::bind("127.0.0.1:0").unwrap_err()));
                        }
                    });
                });
                confined
            };
            scope.spawn(work).join().unwrap()
        });
        if confined == Confined::Not {
            eprintln!("skipped: this kernel has no Landlock");
            return;
        }
        // The rest of the program is as it was.
        let mut text = String::new();
        std::fs::File::open(&old).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "kept");
        std::fs::write(&new, "x").unwrap();
        TcpStream::connect(address).unwrap();
    }

    #[test]
    fn work_on_a_confined_thread_gives_its_result_and_a_panic_is_no_result() {
        assert_eq!(run(|| 7), Some(7));
        assert_eq!(run(|| -> u8 { std::panic::resume_unwind(Box::new("a parser that fails")) }), None);
    }
}

//! Where the program's own log goes: the journal under systemd, standard error when asked for.

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// Starts logging. `ASK_NIX_LOG` chooses what (`debug`, `nix=trace,info`); unset, only a service logs.
pub fn start() {
    let chosen = std::env::var("ASK_NIX_LOG").ok();
    // systemd sets this for units whose output goes to the journal (systemd.exec(5)).
    let service = std::env::var_os("JOURNAL_STREAM").is_some();
    if chosen.is_none() && !service {
        return;
    }
    let filter = || EnvFilter::new(chosen.as_deref().unwrap_or("info"));
    let journal = if service { tracing_journald::layer().ok() } else { None };
    let terminal = journal.is_none().then(|| fmt::layer().with_writer(std::io::stderr).with_filter(filter()));
    tracing_subscriber::registry().with(journal.map(|layer| layer.with_filter(filter()))).with(terminal).init();
}

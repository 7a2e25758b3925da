//! The program as a person meets it: command line and conversation at the terminal. Thin: it
//! starts an assistant or a single stage and shows what it says.

mod args;
mod ask;
mod bar;
mod changes;
mod clipboard;
mod config;
mod converse;
mod doctor;
mod hear;
mod log;
mod manual;
mod metrics;
mod models;
mod phrases;
mod prepare;
mod print;
mod questions;
mod read;
mod reload;
mod say;
mod scene;
mod service;
mod session;
mod socket;
mod status;
mod talk;
mod tray;
mod tui;
mod voice;
mod wake;

use std::process::ExitCode;

use crate::fault::{Fault, Kind};
use crate::observe;
use args::{Cli, Verb};
use converse::Ears;
use scene::Scene;

/// What a verb comes to: done, or a fault to show, or an end that was already told.
enum End {
    /// Still to be shown.
    Fault(Fault),
    /// Told already; only the exit code is left.
    Told(Kind),
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

type Done = Result<(), End>;

/// Runs the program with the process's own arguments.
#[must_use]
pub fn run() -> ExitCode {
    log::start();
    let cli = Cli::read();
    let as_json = cli.common.json;
    let done = dispatch(cli);
    observe::finish();
    match done {
        Ok(()) if print::lost_an_answer() => ExitCode::from(Kind::Failed.exit_code()),
        Ok(()) => ExitCode::SUCCESS,
        Err(End::Told(kind)) => ExitCode::from(kind.exit_code()),
        Err(End::Fault(fault)) => {
            print::fault(&fault, as_json);
            ExitCode::from(fault.kind.exit_code())
        }
    }
}

fn dispatch(cli: Cli) -> Done {
    print::style(cli.common.plain);
    match cli.verb {
        Some(Verb::Config { action }) => return config::config(&cli.common, action),
        Some(Verb::Completions { shell }) => return manual::completions(shell),
        Some(Verb::Man { folder }) => return manual::man(folder.as_deref()),
        _ => {}
    }
    let mut scene = Scene::set(&cli.common, matches!(cli.verb, Some(Verb::Doctor { .. })))?;
    metrics::record(&scene);

    match cli.verb {
        // They need no scene, and were done above.
        Some(Verb::Config { .. } | Verb::Completions { .. } | Verb::Man { .. }) => Ok(()),
        Some(Verb::Models { action }) => models::models(&scene, action),
        Some(Verb::Do { words }) => ask::once(&scene, &words.join(" ")),
        None => converse::converse(&mut scene, Ears::IfThere),
        Some(Verb::Listen { no_wake }) => {
            let ears = if no_wake || !scene.settings.ears.wake { Ears::HandsFree } else { Ears::AtWord };
            converse::converse(&mut scene, ears)
        }
        Some(Verb::Metrics(wanted)) => metrics::metrics(&scene, &wanted),
        Some(Verb::Status { follow }) => status::status(&scene, follow),
        Some(Verb::Talk { key }) => talk::talk(&scene, key),
        Some(Verb::Tui) => tui::tui(&mut scene),
        Some(Verb::Wake { files, threshold }) => wake::wake(&scene, &files, threshold),
        Some(Verb::Hear { files, domain }) => hear::hear(&scene, &files, domain.grammar.as_deref()),
        Some(Verb::Say { text, out }) => say::say(&scene, &text.join(" "), out.as_deref()),
        Some(Verb::Doctor { audio }) => doctor::doctor(&scene, audio),
        Some(Verb::Parse { text, domain }) => read::parse(&scene, &text, domain.grammar.as_deref()),
        Some(Verb::Search { words, limit }) => read::search(&scene, &words.join(" "), limit.into()),
        Some(Verb::Index { import }) => read::index(&scene, &import),
        Some(Verb::Change(change)) => changes::change(&scene, &change),
        Some(Verb::Ask(question)) => questions::question(&scene, question),
        Some(Verb::Generations) => read::generations(&scene),
        Some(Verb::Rollback { to }) => ask::rollback(&scene, to.as_deref()),
    }
}

//! The command line, as types.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};

use super::changes::Change;
use super::questions::Question;

/// Run a NixOS machine by voice. Nothing leaves the machine.
///
/// Without a command it asks what is wanted: it listens if there is a microphone, and reads the
/// keyboard. With words, it does what they say: ask-nix "list generations".
#[derive(Debug, Parser)]
#[command(name = "ask-nix", version, disable_help_subcommand = true)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 usage, 3 not understood, 4 refused, 5 declined or cancelled.")]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,

    #[command(subcommand)]
    pub verb: Option<Verb>,
}

impl Cli {
    /// Reads the process's arguments. Words that are no command are what the user wants.
    #[must_use]
    pub fn read() -> Self {
        Self::parse_from(with_verb(std::env::args_os().collect()))
    }
}

/// Puts the verb `do` before the first word that is not an option and not a verb, so that
/// `ask-nix list generations` means the sentence and not the verb `generations`.
fn with_verb(mut args: Vec<OsString>) -> Vec<OsString> {
    let known = Cli::command();
    let mut at = 1;
    while let Some(arg) = args.get(at).map(|arg| arg.to_string_lossy().into_owned()) {
        match arg.as_str() {
            "--" => break,
            // The options whose value may stand apart.
            "--config" | "--model" | "--microphone" | "--speaker" | "--set" => at += 2,
            option if option.starts_with('-') => at += 1,
            word => {
                if known.find_subcommand(word).is_none() {
                    args.insert(at, OsString::from("do"));
                }
                return args;
            }
        }
    }
    args
}

/// Letters by which a mistyped verb may differ, and the least letters that it must have to be told from another word.
const MISTYPED: (usize, usize) = (2, 4);

/// The verb that a word is nearly, such as `generations` for `generatoins`.
#[must_use]
pub fn nearest_verb(word: &str) -> Option<String> {
    let (most, least) = MISTYPED;
    let known = Cli::command();
    let verbs = known.get_subcommands().filter(|verb| !verb.is_hide_set()).map(clap::Command::get_name);
    let near = verbs.map(|verb| (strsim::damerau_levenshtein(&word.to_lowercase(), verb), verb)).min()?;
    (near.0 <= most && word.chars().count() >= least).then(|| near.1.to_owned())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE, such as voice.rate=1.5")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

/// What every call takes.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Work on a demo system: a fresh one that goes away, or one kept in DIR.
    #[arg(long, global = true, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "clap's type for an option whose value may be left out")]
    pub demo: Option<Option<PathBuf>>,

    /// Answer with one JSON object a line.
    #[arg(long, global = true)]
    pub json: bool,

    /// Answer yes to what would be asked.
    #[arg(long, global = true)]
    pub yes: bool,

    /// Speak the answer.
    #[arg(long, global = true, overrides_with = "no_speak")]
    pub speak: bool,

    /// Do not speak, only print.
    #[arg(long, global = true, overrides_with = "speak")]
    pub no_speak: bool,

    /// Plain lines: no progress bar, no colour, no redraws. `ACCESSIBLE=1` and `NO_COLOR` do the same.
    #[arg(long, global = true)]
    pub plain: bool,

    /// Another configuration file.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Set a key of the configuration for this call.
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,

    /// Recognise with this model: a name from `ask-nix models`, or a ggml file.
    #[arg(long, global = true, value_name = "MODEL")]
    pub model: Option<String>,

    /// Listen to this microphone: a name or an id from `ask-nix doctor --audio`.
    #[arg(long, global = true, value_name = "DEVICE")]
    pub microphone: Option<String>,

    /// Speak through this speaker.
    #[arg(long, global = true, value_name = "DEVICE")]
    pub speaker: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Do what the words say; the verb itself may be left out.
    Do {
        #[arg(required = true, value_name = "WORDS")]
        words: Vec<String>,
    },
    /// Listen hands-free for the wake word, and answer until told to stop.
    Listen {
        /// Take all that is said, without the wake word.
        #[arg(long)]
        no_wake: bool,
    },
    /// Push-to-talk from a key binding: tells the listening ask-nix that a key went down or up.
    Talk { key: super::talk::Key },
    /// What the listening ask-nix is doing; with --json a line for a desktop's bar, such as waybar.
    Status {
        /// Go on, with a line at each change.
        #[arg(long)]
        follow: bool,
    },
    /// The assistant in a terminal: pages, lists, keys, and the voice; with --plain line by line, for screen readers.
    Tui,
    /// Tell where the wake word is in sound files.
    Wake {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Tell every place of at least this score, 0 to 1; without it the settings' sensitivity decides.
        #[arg(long, value_name = "SCORE")]
        threshold: Option<f32>,
    },
    /// Recognise sound files and tell what would be done.
    Hear {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        domain: Domain,
    },
    /// Tell what would be done about a sentence; `-` reads one sentence a line.
    Parse {
        #[arg(required = true, value_name = "TEXT")]
        text: Vec<String>,
        #[command(flatten)]
        domain: Domain,
    },
    /// Speak a text.
    Say {
        #[arg(required = true, value_name = "TEXT")]
        text: Vec<String>,
        /// Write a WAV file instead.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Search packages, programs and options.
    Search {
        #[arg(required = true, value_name = "WORDS")]
        words: Vec<String>,
        /// At most so many results.
        #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// Build the search index from this machine's nixpkgs, or from a ready list.
    Index {
        /// A list to take: nix-env's or a channel's packages.json (plain, gzip, brotli), a package TSV, or options.json.
        #[arg(long, value_name = "FILE")]
        import: Vec<PathBuf>,
    },
    /// List the generations of the system.
    Generations,
    /// Go back to an earlier generation: the one that ran before, or the given one.
    Rollback {
        #[arg(value_name = "NUMBER")]
        to: Option<String>,
    },
    #[command(flatten)]
    Change(Change),
    #[command(flatten)]
    Ask(Question),
    /// What works on this machine, what does not, and how to mend it.
    Doctor {
        /// List microphones and speakers.
        #[arg(long)]
        audio: bool,
    },
    /// What was done, how long it took, and what failed.
    Metrics(super::metrics::Wanted),
    /// Read, change and check the settings.
    Config {
        #[command(subcommand)]
        action: super::config::Action,
    },
    /// Print the completions of a shell, to be put where it looks for them.
    Completions { shell: super::manual::Shell },
    /// Print the manual page, or write the pages of all commands into a folder.
    #[command(hide = true)]
    Man {
        #[arg(value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
    /// Which models there are; fetch and verify them.
    Models {
        #[command(subcommand)]
        action: Option<ModelAction>,
    },
}

/// Another domain in place of the machine's own.
#[derive(Debug, Clone, Args)]
pub struct Domain {
    /// Understand by this grammar alone.
    #[arg(long, value_name = "FILE")]
    pub grammar: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum ModelAction {
    /// List the models.
    List,
    /// Fetch models: the ones that are needed, or the named ones.
    Fetch {
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// Fetch every model.
        #[arg(long)]
        all: bool,
    },
    /// Check the models that are here against their hashes.
    Verify,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verb(args: &[&str]) -> Vec<String> {
        let args = std::iter::once("ask-nix").chain(args.iter().copied()).map(OsString::from).collect();
        with_verb(args).into_iter().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_mistyped_verb_is_known_and_other_words_are_left_alone() {
        assert_eq!(nearest_verb("generatoins").as_deref(), Some("generations"));
        assert_eq!(nearest_verb("docter").as_deref(), Some("doctor"));
        for word in ["firefox", "go", "photograph", "men"] {
            assert_eq!(nearest_verb(word), None, "{word}");
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn words_are_a_sentence_and_verbs_are_verbs() {
        assert_eq!(verb(&["list", "generations"]), ["do", "list", "generations"]);
        assert_eq!(verb(&["--demo", "generations"]), ["--demo", "generations"]);
        assert_eq!(
            verb(&["--model", "search", "roll back", "--yes"]),
            ["--model", "search", "do", "roll back", "--yes"]
        );
        assert_eq!(verb(&["--demo=there", "index"]), ["--demo=there", "index"]);
        assert_eq!(verb(&[]), Vec::<String>::new());
    }
}

//! Single stages that only read: parse, search, index, generations.

use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Zoned;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::announce::{self, Verbosity};
use crate::assistant::{Decided, Decision, IndexNames, decide, hear};
use crate::command::{CommandError, Query, SystemCommand};
use crate::ears::Utterance;
use crate::fault::{Explain, Fault, Kind};
use crate::intent::{Context, Grammar, Names, Transcript, Understander};
use crate::nix::read::index;
use crate::nix::{Outcome, Progress};
use crate::recognize::{RecognizeError, Recognizer};

use super::scene::Scene;
use super::{Done, End, print};

/// Longest line that is read as one sentence, bytes; the understander refuses far shorter ones.
const LONGEST_LINE: u64 = 1 << 21;

/// Understanding alone, by the grammar of ask-nix or by another.
pub struct Parser {
    understander: Understander,
    names: IndexNames,
    domain: bool,
}

impl Parser {
    /// A parser for `--grammar FILE`, or for ask-nix itself.
    pub fn new(scene: &Scene, grammar: Option<&Path>) -> Result<Self, Fault> {
        let names = IndexNames(scene.backend());
        let understander = match grammar {
            None => Understander::new(Arc::new(super::phrases::grammar(scene)?)),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
                let grammar = Grammar::read(&text, &path.display().to_string()).map_err(|error| error.fault())?;
                Understander::of_domain(Arc::new(grammar))
            }
        };
        Ok(Self { understander, names, domain: grammar.is_some() })
    }

    /// The transcript of an utterance, recognised with what can be said.
    pub fn hear(
        &self,
        recognizer: &mut Recognizer,
        utterance: &Utterance,
        cancel: &CancellationToken,
    ) -> Result<Transcript, RecognizeError> {
        hear(recognizer, &self.understander, &self.names, utterance, cancel)
    }

    /// What would be done about a transcript, with the keys of `parse --json`.
    pub fn parse(&self, transcript: &Transcript) -> (Decided, serde_json::Value) {
        let names: &dyn Names = &self.names;
        let understanding = self.understander.understand(transcript, &Context::default(), names);
        let (json, decided) = if self.domain {
            let decided = crate::assistant::decide_in_domain(&transcript.text, understanding);
            (decided.to_json(), decided)
        } else {
            let decided = decide(&transcript.text, understanding);
            (decided.to_json(), decided)
        };
        (decided, json)
    }
}

/// A file that could not be read.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Fault {
    Fault::new(
        Kind::Failed,
        format!("I could not read {}.", path.display()),
        format!("The system says: {error}."),
        "Check the file's name and who may read it.",
    )
}

/// `ask-nix parse`: one text, or with `-` one a line.
pub fn parse(scene: &Scene, text: &[String], grammar: Option<&Path>) -> Done {
    let parser = Parser::new(scene, grammar)?;
    if text != ["-"] {
        return one(scene, &parser, &text.join(" "));
    }
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    let mut worst = Ok(());
    loop {
        line.clear();
        let read = input
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)
            .map_err(|error| unreadable(Path::new("standard input"), &error))?;
        if read == 0 {
            return worst;
        }
        let text = String::from_utf8_lossy(&line);
        let done = one(scene, &parser, text.trim_end_matches(['\n', '\r']));
        if worst.is_ok() {
            worst = done;
        }
    }
}

fn one(scene: &Scene, parser: &Parser, text: &str) -> Done {
    let (decided, json) = parser.parse(&Transcript::typed(text));
    if scene.json {
        print::json(&json);
    } else {
        print::line(&told(&decided));
    }
    ending(&decided)
}

/// A decision as a terminal shows it.
pub fn told(decided: &Decided) -> String {
    match &decided.decision {
        Decision::Run(command) => command.preview(),
        Decision::Confirm(command) => format!("{} (asks first)", command.preview()),
        Decision::Several(commands) => crate::assistant::plan(commands),
        Decision::Domain(intent) => {
            let slots = intent.slots.iter().map(|(name, values)| format!(" {name}={}", values.join(",")));
            format!("{}{}", intent.command, slots.collect::<String>())
        }
        Decision::Ask { question, choices, .. } => {
            let names: Vec<&str> = choices.iter().map(|choice| choice.name.as_str()).collect();
            format!("{question} {}", names.join(", ")).trim_end().to_owned()
        }
        Decision::Refused(fault) => fault.spoken(),
        Decision::NotUnderstood { .. } | Decision::Silent => {
            format!("Nothing: {}.", decided.why.map_or_else(String::new, crate::intent::Why::reason))
        }
    }
}

/// The exit code of a decision: 3 not understood, 4 refused.
pub fn ending(decided: &Decided) -> Done {
    match &decided.decision {
        Decision::Refused(fault) => Err(End::Told(fault.kind)),
        Decision::NotUnderstood { .. } | Decision::Silent => match decided.why {
            Some(crate::intent::Why::Refused) => Err(End::Told(Kind::Refused)),
            _ => Err(End::Told(Kind::NotUnderstood)),
        },
        Decision::Run(_) | Decision::Confirm(_) | Decision::Several(_) | Decision::Ask { .. } | Decision::Domain(_) => {
            Ok(())
        }
    }
}

/// `ask-nix search`.
pub fn search(scene: &Scene, words: &str, limit: usize) -> Done {
    let query: Query = words.parse().map_err(|error: CommandError| error.fault())?;
    let index = scene.backend().index().map_err(|error| error.fault())?;
    let started = Instant::now();
    let results = index.search(&query, limit).map_err(|error| error.fault())?;
    let ms = started.elapsed().as_secs_f64() * 1000.0;
    if scene.json {
        print::json(&json!({ "query": query, "results": results, "ms": ms }));
    } else {
        let outcome = Outcome::Search { query: query.as_str().to_owned(), results };
        print::announcement(&announce::outcome(&outcome, &Zoned::now(), Verbosity::default()));
    }
    Ok(())
}

/// `ask-nix index`: from the given lists, or from the machine's own nixpkgs.
pub fn index(scene: &Scene, lists: &[PathBuf]) -> Done {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    let cancel = CancellationToken::new();
    let mut tell = |progress: Progress| {
        bar.set_message(match &progress.at {
            Some(at) => format!("reading {at}"),
            None => format!("{} rows", progress.done),
        });
        bar.tick();
    };
    let path = scene.dirs.index();
    let contents = if lists.is_empty() {
        index::build_from_nix(&path, &scene.roots, &cancel, &mut tell)
    } else {
        index::build(&path, lists, &cancel, &mut tell)
    }
    .map_err(|error| error.fault())?;
    bar.finish_and_clear();
    if scene.json {
        print::json(&contents);
    } else {
        print::line(&format!(
            "The search index is ready: {} packages and {} options.",
            contents.packages, contents.options
        ));
    }
    Ok(())
}

/// `ask-nix generations`.
pub fn generations(scene: &Scene) -> Done {
    let cancel = CancellationToken::new();
    let outcome = scene
        .backend()
        .run_here(&SystemCommand::Generations, "generations", &cancel, &mut |_| {})
        .map_err(|error| error.fault())?;
    match &outcome {
        Outcome::Generations { generations } if scene.json => print::json(generations),
        other => print::announcement(&announce::outcome(other, &Zoned::now(), Verbosity::default())),
    }
    Ok(())
}

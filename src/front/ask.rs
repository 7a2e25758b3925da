//! One question from the command line.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::{mpsc, watch};

use crate::assistant::{Conversation, IndexNames, Parts, Told};
use crate::command::{CommandError, GenerationNumber};
use crate::config::SecondFactor;
use crate::fault::{Explain, Fault, Kind};
use crate::intent::{Transcript, Understander};
use crate::nix::Outcome;

use super::args::nearest_verb;
use super::bar::Bar;
use super::scene::Scene;
use super::session::STOP;
use super::{Done, End, clipboard, prepare, print, service};

/// What a conversation on this scene is made of.
pub fn parts(scene: &Scene) -> Result<Parts, Fault> {
    let grammar = Arc::new(super::phrases::grammar(scene)?);
    let backend = scene.backend();
    Ok(Parts {
        examples: grammar.examples(),
        understander: Understander::new(grammar),
        names: Arc::new(IndexNames(backend.clone())),
        backend,
        key_to_destroy: scene.settings.security.second_factor == SecondFactor::Key,
        always_yes: scene.yes,
        record: scene.record(),
        verbosity: watch::Sender::new(scene.settings.voice.verbosity),
    })
}

/// tokio, for what waits for several things at once.
pub fn runtime() -> Result<tokio::runtime::Runtime, Fault> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|error| {
        Fault::new(
            Kind::Failed,
            "I could not start.",
            format!("The system gives me no threads: {error}."),
            "Close other programs, and try again.",
        )
    })
}

/// Does what one sentence says, asking at the terminal where a question comes up.
pub fn once(scene: &Scene, words: &str) -> Done {
    told(scene, words, &mut |_| {})
}

/// The same; each outcome goes to `see` too.
pub fn told(scene: &Scene, words: &str, see: &mut dyn FnMut(&Outcome)) -> Done {
    let transcript = Transcript::typed(words);
    if transcript.is_silence() {
        return Err(Fault::new(
            Kind::Usage,
            "You asked for nothing.",
            "The words are empty.",
            "Say what you want, such as: ask-nix list generations.",
        )
        .into());
    }
    let runtime = runtime()?;
    let done = runtime.block_on(async {
        let mut end_signal = service::End::watch();
        let mut json = JsonAnswer::default();
        let mut bar = Bar::default();
        let parts = parts(scene)?;
        if let Some(unfinished) = prepare::unfinished(&parts.backend) {
            print::note(&unfinished.text);
        }
        let (conversation, mut told) = Conversation::new(parts);
        let (inputs, receiver) = mpsc::channel(1);
        let running = tokio::spawn(conversation.run(receiver));
        let _ = inputs.send(transcript).await;
        let mut inputs = Some(inputs);
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        let mut end = Ok(());
        let speak = scene.speak.unwrap_or(scene.settings.voice.always);
        let mouth = if speak { super::converse::mouth(scene).await } else { None };
        loop {
            let message = tokio::select! {
                message = told.recv() => message,
                () = end_signal.comes() => {
                    stop(inputs.take()).await;
                    continue;
                }
            };
            let Some(message) = message else { break };
            match message {
                Told::Announce(announcement) => {
                    if scene.json {
                        json.says.push(announcement.text.clone());
                    } else {
                        bar.print(&announcement);
                    }
                    if let Some(mouth) = &mouth {
                        mouth.say(announcement);
                    }
                }
                Told::Outcome(outcome) => {
                    see(&outcome);
                    if scene.json {
                        print::json(&outcome);
                        json.answered = true;
                    }
                }
                Told::Copy(text) => print::announcement(&clipboard::copied(&text)),
                Told::Manner(manner) => scene.remember(manner),
                Told::Work(work) if !scene.json => bar.show(&work),
                Told::Work(_) | Told::Hush => {}
                Told::Asked => {
                    bar.end();
                    // Nobody there, or the end of the input, means no: the conversation hears it as such.
                    let answer = if print::can_ask() {
                        tokio::select! {
                            line = lines.next_line() => line.ok().flatten(),
                            () = end_signal.comes() => None,
                        }
                    } else {
                        None
                    };
                    match (answer, &inputs) {
                        (Some(answer), Some(inputs)) => {
                            let _ = inputs.send(Transcript::typed(answer)).await;
                        }
                        _ => inputs = None,
                    }
                }
                Told::Ended(result) => {
                    bar.end();
                    if result == Err(Kind::NotUnderstood) {
                        suggest(words);
                    }
                    // The first that went wrong counts: a question that was left for another is not a success.
                    end = end.and(result);
                    inputs = None;
                }
            }
        }
        let _ = running.await;
        if scene.json && !json.answered {
            print::json(&serde_json::json!({ "outcome": null, "ended": end.err(), "says": json.says }));
        }
        if let Some(mouth) = mouth {
            mouth.finish().await;
        }
        end.map_err(End::Told)
    });
    // The thread that reads the terminal waits for a line that may never come.
    runtime.shutdown_background();
    done
}

/// A change at work is taken back, and the answer is waited for.
async fn stop(inputs: Option<mpsc::Sender<Transcript>>) {
    if let Some(inputs) = inputs {
        let _ = inputs.send(Transcript::typed(STOP)).await;
    }
}

/// A verb that was nearly typed.
fn suggest(words: &str) {
    if let Some(verb) = words.split(' ').next().and_then(nearest_verb) {
        print::note(&format!("Did you mean: ask-nix {verb}?"));
    }
}

/// What is told as JSON where no outcome comes: a question that was declined, help, a refusal.
#[derive(Default)]
struct JsonAnswer {
    answered: bool,
    says: Vec<String>,
}

/// Rolls back: the typed form of "roll back to generation N".
pub fn rollback(scene: &Scene, to: Option<&str>) -> Done {
    match to {
        None => once(scene, "roll back"),
        Some(number) => {
            let number: GenerationNumber = number.parse().map_err(|error: CommandError| error.fault())?;
            once(scene, &format!("roll back to generation {number}"))
        }
    }
}

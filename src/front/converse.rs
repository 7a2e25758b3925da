//! Conversations: many questions, by voice and keyboard.

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::announce::{self, Earcon, Turn};
use crate::assistant::{Conversation, Judge, Listening, Listens, Mouth, Noticed, Opens, Parts, QUESTION_LIFE, Told};
use crate::ears::Endpointing;
use crate::fault::{Explain, Fault};
use crate::intent::Transcript;

use super::ask::{parts, runtime};
use super::hear::recognizer;
use super::scene::Scene;
use super::wake::detector;
use super::{Done, prepare, print, reload, talk, voice};

/// What starts an utterance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ears {
    /// Enter, if there is a microphone; the keyboard in any case.
    IfThere,
    /// The wake word; without a microphone it fails.
    AtWord,
    /// A voice; without a microphone it fails.
    HandsFree,
}

/// Asks what is wanted until the input ends.
pub fn converse(scene: &mut Scene, ears: Ears) -> Done {
    runtime()?.block_on(talk(scene, ears))
}

/// The mouth, and a word about a voice that is not the wanted one; without any, everything is on the screen alone.
pub async fn mouth(scene: &Scene) -> Option<Mouth> {
    match voice::mouth(scene).await {
        Ok((mouth, lacking)) => {
            if let Some(fault) = lacking {
                print::fault(&fault, false);
                mouth.say(announce::fault(&fault));
            }
            Some(mouth)
        }
        Err(fault) => {
            print::fault(&fault, false);
            None
        }
    }
}

async fn talk(scene: &mut Scene, ears: Ears) -> Done {
    let mut mouth = if scene.speak == Some(false) { None } else { mouth(scene).await };
    let cancel = CancellationToken::new();
    let (sender, mut notices) = mpsc::channel(8);
    let mut hearing = cancel.child_token();
    let mut listening = match listen(scene, ears, mouth.clone(), sender.clone(), hearing.clone()) {
        Ok(listening) => Some(listening),
        Err(fault) if ears != Ears::IfThere => return Err(fault.into()),
        Err(fault) => {
            print::fault(&fault, false);
            None
        }
    };
    let parts = parts(scene)?;
    let found = [prepare::machine(&parts.backend, scene.is_demo()), prepare::unfinished(&parts.backend)];
    let mut indexing = prepare::index(&parts.backend, cancel.clone());
    let (conversation, mut told) = Conversation::new(parts);
    let (inputs, receiver) = mpsc::channel(1);
    let running = tokio::spawn(conversation.run(receiver));
    let welcome = announce::dialogue(&Turn::Welcome { typed: listening.is_none() });
    for announcement in std::iter::once(welcome).chain(found.into_iter().flatten()) {
        tell(&announcement, mouth.as_ref());
    }
    invite(ears, listening.as_ref());
    let (current, heard_by) = watch::channel(listening.clone());
    open_doors(scene, heard_by, mouth.as_ref(), cancel.clone()).await;
    let mut changes = reload::watch(&scene.sources, &scene.settings, cancel.clone());
    let mut inputs = Some(inputs);
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    // A service's keyboard is closed from the start; it listens on.
    let mut keyboard = true;
    loop {
        tokio::select! {
            message = told.recv() => match message {
                None => break,
                Some(Told::Announce(announcement)) => tell(&announcement, mouth.as_ref()),
                Some(Told::Hush) => hush(mouth.as_ref()),
                Some(Told::Asked) => if let Some(listening) = &listening {
                    if ears == Ears::IfThere { listening.arm() } else { listening.attend(QUESTION_LIFE) }
                },
                Some(Told::Ended(_)) => if let Some(listening) = &listening && ears == Ears::AtWord {
                    listening.attend(std::time::Duration::from_secs(scene.settings.ears.follow_up_s.into()));
                },
                Some(Told::Manner(manner)) => if let Some(mouth) = mouth.as_ref() {
                    mouth.manner(manner);
                },
                Some(Told::Outcome(_)) => {}
            },
            Some(settings) = changes.recv() => match settings {
                Err(error) => tell(&announce::fault(&error.fault()), mouth.as_ref()),
                Ok(settings) => {
                    scene.settings = settings;
                    hearing.cancel();
                    hearing = cancel.child_token();
                    (mouth, listening) = renew(scene, ears, mouth, sender.clone(), hearing.clone()).await;
                    let _ = current.send(listening.clone());
                    tell(&announce::dialogue(&Turn::SettingsTaken), mouth.as_ref());
                }
            },
            Some(announcement) = indexing.recv() => tell(&announcement, mouth.as_ref()),
            Some(notice) = notices.recv() => match notice {
                Noticed::Words(transcript) => {
                    print::line(&format!("you: {}", transcript.text));
                    send(inputs.as_ref(), transcript).await;
                }
                Noticed::NoWords if ears == Ears::IfThere => tell(&announce::dialogue(&Turn::NotHeard), mouth.as_ref()),
                Noticed::Opened => chime(mouth.as_ref(), Earcon::Listening),
                Noticed::Closed => chime(mouth.as_ref(), Earcon::Closed),
                Noticed::NoWords | Noticed::Began => {}
                Noticed::Lost(_) => tell(&announce::dialogue(&Turn::MicrophoneLost), mouth.as_ref()),
                Noticed::Back(_) => tell(&announce::dialogue(&Turn::MicrophoneBack), mouth.as_ref()),
            },
            line = lines.next_line(), if keyboard => match line {
                Ok(Some(line)) if line.trim().is_empty() => {
                    hush(mouth.as_ref());
                    if let Some(listening) = &listening {
                        listening.arm();
                        tell(&announce::dialogue(&Turn::Listening), None);
                    }
                }
                Ok(Some(line)) => {
                    hush(mouth.as_ref());
                    send(inputs.as_ref(), Transcript::typed(line)).await;
                }
                _ => {
                    keyboard = false;
                    if ears == Ears::IfThere {
                        inputs = None;
                    }
                }
            },
            _ = tokio::signal::ctrl_c() => inputs = None,
        }
    }
    cancel.cancel();
    let _ = running.await;
    if let Some(mouth) = mouth {
        mouth.finish().await;
    }
    Ok(())
}

/// What other programs reach: the socket for keys, and the counts.
async fn open_doors(
    scene: &Scene,
    listening: watch::Receiver<Option<Listening>>,
    mouth: Option<&Mouth>,
    cancel: CancellationToken,
) {
    talk::serve(scene, listening, cancel.clone());
    if let Err(error) = super::metrics::serve(scene, cancel).await {
        tell(&announce::fault(&error.fault()), mouth);
    }
}

/// How to begin.
fn invite(ears: Ears, listening: Option<&Listening>) {
    match listening {
        Some(listening) if ears == Ears::AtWord => {
            print::note(&format!("Say \u{201c}computer\u{201d} on {}.", listening.device()));
        }
        Some(listening) if ears == Ears::HandsFree => print::note(&format!("Listening on {}.", listening.device())),
        Some(listening) => {
            print::note(&format!("Press Enter to talk on {}, or type what you want.", listening.device()));
        }
        None => print::note("Type what you want."),
    }
}

/// Opens microphone, recogniser and voice anew, with new settings; the conversation goes on.
async fn renew(
    scene: &Scene,
    ears: Ears,
    old: Option<Mouth>,
    noticed: mpsc::Sender<Noticed>,
    cancel: CancellationToken,
) -> (Option<Mouth>, Option<Listening>) {
    let new = match old {
        None => None,
        Some(old) => {
            old.finish().await;
            mouth(scene).await
        }
    };
    let listening = listen(scene, ears, new.clone(), noticed, cancel)
        .inspect_err(|fault| tell(&announce::fault(fault), new.as_ref()))
        .ok();
    (new, listening)
}

/// Opens the microphone.
pub fn listen(
    scene: &Scene,
    ears: Ears,
    mouth: Option<Mouth>,
    noticed: mpsc::Sender<Noticed>,
    cancel: CancellationToken,
) -> Result<Listening, Fault> {
    let recognizer = recognizer(scene)?;
    let pause = std::time::Duration::from_millis(scene.settings.ears.pause_ms.into());
    let input = scene.settings.audio.input.as_deref();
    let opens = match ears {
        Ears::IfThere => Opens::OnDemand,
        Ears::HandsFree => Opens::Always,
        Ears::AtWord => Opens::AtWord(Box::new(detector(scene, None)?)),
    };
    let Parts { understander, names, .. } = parts(scene)?;
    let judge = Some(Judge::new(understander, names));
    let how = Listens { input, endpointing: Endpointing::with_pause(pause), opens, judge };
    Listening::start(how, recognizer, mouth, noticed, cancel).map_err(|error| error.fault())
}

async fn send(inputs: Option<&mpsc::Sender<Transcript>>, transcript: Transcript) {
    if let Some(inputs) = inputs {
        // The conversation ends only after its inputs: nothing is lost here.
        let _ = inputs.send(transcript).await;
    }
}

fn chime(mouth: Option<&Mouth>, earcon: Earcon) {
    if let Some(mouth) = mouth {
        mouth.chime(earcon);
    }
}

fn tell(announcement: &announce::Announcement, mouth: Option<&Mouth>) {
    print::announcement(announcement);
    if let Some(mouth) = mouth {
        mouth.say(announcement.clone());
    }
}

fn hush(mouth: Option<&Mouth>) {
    if let Some(mouth) = mouth {
        mouth.hush();
    }
}

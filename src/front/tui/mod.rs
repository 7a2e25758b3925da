//! `ask-nix tui`: the assistant in a terminal, by key and by voice.
//!
//! Whatever changes the machine goes through the same conversation as spoken words, with the same
//! question first: a key has no way around it. For screen readers there is the linear form
//! (`--plain`, or `ACCESSIBLE` set): a conversation line by line, without redraws.

mod app;
mod draw;
mod pages;

use std::io::IsTerminal;

use ratatui::crossterm::event::{Event, KeyEventKind};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::announce::{self, Announcement, Turn};
use crate::assistant::{Conversation, Listening, Mouth, Noticed, Told};
use crate::command::Query;
use crate::fault::{Explain, Fault, Kind};
use crate::intent::Transcript;
use crate::nix::{Backend, SearchHit};

use super::ask::{parts, runtime};
use super::converse::{self, Ears};
use super::scene::Scene;
use super::{Done, clipboard, prepare, print, voice};
use app::{App, Ear, Effect, Screen, Who};

/// Results that a search shows.
const RESULTS: usize = 50;

/// Runs the terminal UI until the user leaves it.
pub fn tui(scene: &mut Scene) -> Done {
    if print::is_plain() {
        return converse::converse(scene, Ears::IfThere);
    }
    if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        return Err(Fault::new(
            Kind::Usage,
            "The terminal UI cannot start.",
            "This is not a terminal.",
            "Run it in a terminal, or use ask-nix tui --plain, which goes line by line.",
        )
        .into());
    }
    let runtime = runtime()?;
    let mut terminal = ratatui::try_init().map_err(|error| broken(&error))?;
    let done = runtime.block_on(run(scene, &mut terminal));
    ratatui::restore();
    // The thread that reads keys waits for one more that may never come.
    runtime.shutdown_background();
    done
}

fn broken(error: &std::io::Error) -> Fault {
    Fault::new(
        Kind::Failed,
        "The terminal UI broke off.",
        format!("The terminal says: {error}."),
        "Use ask-nix tui --plain, which goes line by line.",
    )
}

/// What the loop talks to.
struct World<'a> {
    scene: &'a Scene,
    backend: Backend,
    mouth: Option<Mouth>,
    listening: Option<Listening>,
    inputs: mpsc::Sender<Transcript>,
}

async fn run(scene: &Scene, terminal: &mut ratatui::DefaultTerminal) -> Done {
    let cancel = CancellationToken::new();
    let (mouth, voiceless) = match scene.speak {
        Some(false) => (None, None),
        _ => match voice::mouth(scene).await {
            Ok((mouth, lacking)) => (Some(mouth), lacking),
            Err(fault) => (None, Some(fault)),
        },
    };
    let (heard, mut notices) = mpsc::channel(8);
    let listening = converse::listen(scene, converse::Ears::IfThere, mouth.clone(), heard, cancel.clone()).ok();
    let parts = parts(scene)?;
    let mut indexing = prepare::index(&parts.backend, cancel.clone());
    let found = [prepare::machine(&parts.backend, scene.is_demo()), prepare::unfinished(&parts.backend)];
    let (inputs, receiver) = mpsc::channel(1);
    let mut world = World { scene, backend: parts.backend.clone(), mouth, listening, inputs };
    let (conversation, mut told) = Conversation::new(parts);
    let running = tokio::spawn(conversation.run(receiver));
    let generations = world.backend.generations().unwrap_or_default();
    let mut app = App::new(generations, if world.listening.is_some() { Ear::Closed } else { Ear::Missing });
    world.tell(&mut app, &announce::dialogue(&Turn::Welcome { typed: world.listening.is_none() }));
    for announcement in found.into_iter().flatten().chain(voiceless.as_ref().map(announce::fault)) {
        world.tell(&mut app, &announcement);
    }
    let mut keys = keys();
    loop {
        terminal.draw(|frame| draw::draw(&app, frame)).map_err(|error| broken(&error))?;
        tokio::select! {
            event = keys.recv() => match event {
                Some(Event::Key(key)) if key.kind != KeyEventKind::Release => match app.key(key) {
                    Some(Effect::Quit) => break,
                    Some(effect) => world.act(&mut app, effect).await,
                    None => {}
                },
                Some(_) => {}
                None => break,
            },
            message = told.recv() => match message {
                Some(message) => world.hear_back(&mut app, message),
                None => break,
            },
            Some(announcement) = indexing.recv() => {
                world.tell(&mut app, &announcement);
                // What was looked for before the index was there is found now.
                let looked_for = Effect::Search(app.query.clone());
                world.act(&mut app, looked_for).await;
            }
            Some(notice) = notices.recv() => world.notice(&mut app, notice).await,
        }
    }
    cancel.cancel();
    drop(world.inputs);
    // Work that changes the machine comes to its end, or is taken back, before the program ends.
    while told.recv().await.is_some() {}
    let _ = running.await;
    Ok(())
}

/// The terminal's events, read on a thread of their own.
fn keys() -> mpsc::Receiver<Event> {
    let (sender, receiver) = mpsc::channel(64);
    tokio::task::spawn_blocking(move || {
        while let Ok(event) = ratatui::crossterm::event::read() {
            if sender.blocking_send(event).is_err() {
                return;
            }
        }
    });
    receiver
}

impl World<'_> {
    fn tell(&self, app: &mut App, announcement: &Announcement) {
        app.said(Who::Assistant, announcement.shown());
        if let Some(mouth) = &self.mouth {
            mouth.say(announcement.clone());
        }
    }

    fn hush(&self) {
        if let Some(mouth) = &self.mouth {
            mouth.hush();
        }
    }

    fn listen(&self, app: &mut App) {
        if let Some(listening) = &self.listening {
            listening.arm();
            app.ear = Ear::Open;
        }
    }

    async fn send(&self, app: &mut App, transcript: Transcript) {
        app.asked = false;
        app.busy = true;
        // The conversation ends only after its inputs: nothing is lost here.
        let _ = self.inputs.send(transcript).await;
    }

    async fn act(&mut self, app: &mut App, effect: Effect) {
        match effect {
            Effect::Say(words) => {
                self.hush();
                self.send(app, Transcript::typed(words)).await;
            }
            Effect::Listen => {
                self.hush();
                self.listen(app);
            }
            Effect::Hush => self.hush(),
            Effect::Search(words) => match search(&self.backend, &words) {
                Ok(results) => app.found(&words, results),
                Err(fault) => {
                    app.found(&words, Vec::new());
                    self.tell(app, &announce::fault(&fault));
                }
            },
            Effect::Compare { from, to } => self.compare(app, from, to),
            Effect::Read(Screen::History) => app.history = pages::history(&self.scene.record()).await,
            Effect::Read(_) => self.read_settings(app),
            Effect::Again(words) => {
                self.hush();
                if let Some(mouth) = &self.mouth {
                    mouth.say(Announcement::message(words));
                }
            }
            Effect::Set { key, value } => {
                match pages::set(self.scene, &key, &value) {
                    Ok(told) => self.tell(app, &told),
                    Err(fault) => self.tell(app, &announce::fault(&fault)),
                }
                self.read_settings(app);
            }
            Effect::Quit => {}
        }
    }

    fn read_settings(&self, app: &mut App) {
        match pages::settings(self.scene) {
            Ok(settings) => app.settings = settings,
            Err(fault) => self.tell(app, &announce::fault(&fault)),
        }
    }

    fn compare(&self, app: &mut App, from: usize, to: usize) {
        let (Some(before), Some(after)) = (app.generations.get(from), app.generations.get(to)) else { return };
        let words = match self.backend.difference(before, after) {
            Ok(difference) => announce::difference(&difference),
            Err(error) => announce::fault(&error.fault()).shown().to_owned(),
        };
        app.compared = Some((to, format!("From {} to {}:\n\n{words}", before.number, after.number)));
    }

    fn hear_back(&self, app: &mut App, message: Told) {
        match message {
            Told::Announce(announcement) => self.tell(app, &announcement),
            Told::Hush => self.hush(),
            Told::Asked => {
                app.asked = true;
                app.busy = false;
                self.listen(app);
            }
            Told::Manner(manner) => {
                if let Some(mouth) = &self.mouth {
                    mouth.manner(manner);
                }
                self.scene.remember(manner);
            }
            Told::Copy(text) => self.tell(app, &clipboard::copied(&text)),
            Told::Work(work) => app.work = Some(pages::work(&work)),
            Told::Outcome(_) => {}
            Told::Ended(_) => {
                app.busy = false;
                app.asked = false;
                app.work = None;
                if let Ok(generations) = self.backend.generations() {
                    app.renew(generations);
                }
            }
        }
    }

    async fn notice(&self, app: &mut App, notice: Noticed) {
        match notice {
            Noticed::Opened => app.ear = Ear::Open,
            Noticed::Closed => app.ear = Ear::Closed,
            Noticed::Began => app.ear = Ear::Hearing,
            Noticed::Words(transcript) => {
                app.ear = Ear::Closed;
                app.said(Who::User, &transcript.text);
                self.send(app, transcript).await;
            }
            Noticed::NoWords => {
                app.ear = Ear::Closed;
                self.tell(app, &announce::dialogue(&Turn::NotHeard));
            }
            Noticed::Lost(_) => {
                app.ear = Ear::Missing;
                self.tell(app, &announce::dialogue(&Turn::MicrophoneLost));
            }
            Noticed::Back(_) => {
                app.ear = Ear::Closed;
                self.tell(app, &announce::dialogue(&Turn::MicrophoneBack));
            }
        }
    }
}

/// A search takes less than a frame of the screen, so it is done in the loop.
fn search(backend: &Backend, words: &str) -> Result<Vec<SearchHit>, Fault> {
    // Words that are no query yet (nothing, only blanks) find nothing.
    let Ok(query) = words.parse::<Query>() else { return Ok(Vec::new()) };
    let found = backend.index().and_then(|index| Ok(index.search(&query, RESULTS)?));
    found.map_err(|error| error.fault())
}

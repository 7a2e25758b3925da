//! One conversation at work: what comes from the microphone, the keyboard, other programs and the settings goes in,
//! what the conversation tells goes to the screen, the voice and whoever follows. Decides nothing itself.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::announce::{self, Announcement, Earcon, Turn, Verbosity};
use crate::assistant::{Conversation, Listening, Mouth, Noticed, QUESTION_LIFE, Told};
use crate::ears::key::{self, Act, KeyError};
use crate::fault::{Explain, Fault};
use crate::intent::Transcript;

use super::ask::parts;
use super::converse::{Ears, invite, listen, mouth};
use super::reload::Changed;
use super::scene::Scene;
use super::service::Service;
use super::socket::{Door, Mood, Wish};
use super::{Done, clipboard, metrics, prepare, print, reload, socket, tray};

/// A voice that is exchanged may say so much to its end: well within the watchdog's time.
const SETTLES: Duration = Duration::from_secs(10);

/// What is taken while the conversation looks at what a change would do; more is refused, and told.
const AHEAD: usize = 8;

/// Longest phrase that is made beforehand, in bytes: longer ones are begun before they are needed to the end.
const READY: usize = 80;

/// The words that end whatever is at work.
pub const STOP: &str = "stop";
/// Who types one of these wants to leave the program; spoken, they are no command.
const LEAVE: [&str; 4] = ["quit", "exit", "bye", "goodbye"];

/// What the key to talk asks for next; never, where there is none.
async fn next<T>(key: &mut Option<mpsc::UnboundedReceiver<T>>) -> Option<T> {
    match key {
        Some(key) => key.recv().await,
        None => std::future::pending().await,
    }
}

/// What a conversation is connected with.
pub struct Session<'a> {
    scene: &'a mut Scene,
    ears: Ears,
    mouth: Option<Mouth>,
    listening: Option<Listening>,
    /// The same, for those who come by the socket.
    current: watch::Sender<Option<Listening>>,
    door: Door,
    /// `None` once nothing more is to be taken.
    inputs: Option<mpsc::Sender<Transcript>>,
    noticed: mpsc::Sender<Noticed>,
    /// Ends this microphone.
    hearing: CancellationToken,
    cancel: CancellationToken,
    /// What the key to talk asks for; none where none is wanted, or to be had.
    key: Option<mpsc::UnboundedReceiver<Result<Act, KeyError>>>,
    verbosity: watch::Sender<Verbosity>,
}

impl<'a> Session<'a> {
    /// Runs until the input ends.
    pub async fn run(scene: &'a mut Scene, ears: Ears) -> Done {
        let mouth = if scene.speak == Some(false) { None } else { mouth(scene).await };
        if let Some(mouth) = &mouth {
            mouth.ready(announce::fixed(READY));
        }
        let cancel = CancellationToken::new();
        let (noticed, heard) = mpsc::channel(8);
        let hearing = cancel.child_token();
        let listening = match listen(scene, ears, mouth.clone(), noticed.clone(), hearing.clone()) {
            Ok(listening) => Some(listening),
            Err(fault) if ears != Ears::IfThere => return Err(fault.into()),
            Err(fault) => {
                print::fault(&fault, false);
                None
            }
        };
        let parts = parts(scene)?;
        let found = [prepare::machine(&parts.backend, scene.is_demo()), prepare::unfinished(&parts.backend)];
        let verbosity = parts.verbosity.clone();
        let indexing = prepare::index(&parts.backend, cancel.clone());
        let (conversation, told) = Conversation::new(parts);
        let (inputs, receiver) = mpsc::channel(AHEAD);
        let running = tokio::spawn(conversation.run(receiver));
        let (current, heard_by) = watch::channel(listening.clone());
        let (door, wishes) = socket::serve(scene, heard_by, cancel.clone());
        tray::show(door.moods(), current.subscribe(), cancel.child_token());
        let inputs = Some(inputs);
        let mut session = Self {
            scene,
            ears,
            mouth,
            listening,
            current,
            door,
            inputs,
            noticed,
            hearing,
            cancel: cancel.clone(),
            key: None,
            verbosity,
        };
        session.take_key();
        session.welcome(found.into_iter().flatten()).await;
        session.turn(told, heard, wishes, indexing).await;
        cancel.cancel();
        let _ = running.await;
        if let Some(mouth) = session.mouth {
            mouth.finish().await;
        }
        Ok(())
    }

    async fn welcome(&self, found: impl Iterator<Item = Announcement>) {
        let welcome = announce::dialogue(&Turn::Welcome { typed: self.listening.is_none() });
        // A greeting is nothing to hear again: "repeat" after a restart gives the last answer.
        self.show(&welcome);
        for announcement in found {
            self.tell(&announcement);
        }
        invite(self.ears, self.listening.as_ref());
        if let Err(error) = metrics::serve(self.scene, self.cancel.clone()).await {
            self.fail(&error.fault());
        }
    }

    async fn turn(
        &mut self,
        mut told: mpsc::UnboundedReceiver<Told>,
        mut heard: mpsc::Receiver<Noticed>,
        mut asked: mpsc::Receiver<Wish>,
        mut indexing: mpsc::Receiver<Announcement>,
    ) {
        let mut changes = reload::watch(&self.scene.sources, &self.scene.settings, self.cancel.clone());
        let mut service = Service::begin();
        Service::ready();
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        // A service's keyboard is closed from the start; it listens on.
        let mut keyboard = true;
        loop {
            tokio::select! {
                message = told.recv() => match message {
                    None => return,
                    Some(message) => self.told(message),
                },
                Some(anew) = changes.recv() => self.changed(anew).await,
                Some(announcement) = indexing.recv() => self.tell(&announcement),
                Some(notice) = heard.recv() => self.noticed(notice),
                Some(wish) = asked.recv() => match wish {
                    Wish::Say(text) => self.tell(&Announcement::message(text)),
                    Wish::Ask(text) => self.typed(text),
                },
                Some(act) = next(&mut self.key) => self.pressed(act),
                line = lines.next_line(), if keyboard => match line {
                    Ok(Some(line)) if line.trim().is_empty() => self.entered(),
                    Ok(Some(line)) => self.typed(line),
                    _ => {
                        keyboard = false;
                        if self.ears == Ears::IfThere {
                            self.inputs = None;
                        }
                    }
                },
                () = service.end() => {
                    // A change at work is taken back; what only reads ends.
                    if let Some(inputs) = self.inputs.take() {
                        let _ = inputs.send(Transcript::typed(STOP)).await;
                    }
                }
            }
        }
    }

    fn told(&mut self, told: Told) {
        self.door.told(&told);
        match told {
            Told::Announce(announcement) => self.show(&announcement),
            Told::Hush => self.hush(),
            Told::Asked => match &self.listening {
                Some(listening) if self.ears == Ears::IfThere => listening.arm(),
                Some(listening) => listening.attend(QUESTION_LIFE),
                None => {}
            },
            Told::Ended(_) => {
                if let Some(listening) = self.listening.as_ref().filter(|_| self.ears == Ears::AtWord) {
                    listening.attend(Duration::from_secs(self.scene.settings.ears.follow_up_s.into()));
                }
            }
            Told::Manner(manner) => {
                if let Some(mouth) = &self.mouth {
                    mouth.manner(manner);
                }
                self.scene.remember(manner);
            }
            Told::Copy(text) => self.tell(&clipboard::copied(&text)),
            Told::Outcome(_) | Told::Work(_) => {}
        }
    }

    fn noticed(&self, notice: Noticed) {
        match notice {
            Noticed::Words(transcript) => {
                print::line(&format!("you: {}", transcript.text));
                self.send(transcript);
            }
            Noticed::NoWords if self.ears == Ears::IfThere => self.tell(&announce::dialogue(&Turn::NotHeard)),
            Noticed::Opened => {
                self.door.mood(Mood::Listening);
                self.chime(Earcon::Listening);
            }
            Noticed::Closed => {
                self.door.mood(Mood::Idle);
                self.chime(Earcon::Closed);
            }
            Noticed::NoWords | Noticed::Began => {}
            Noticed::Lost(_) => self.tell(&announce::dialogue(&Turn::MicrophoneLost)),
            Noticed::Back(_) => self.tell(&announce::dialogue(&Turn::MicrophoneBack)),
        }
    }

    /// Takes the key to talk that the settings name; one that cannot be had is told, and all else works.
    fn take_key(&mut self) {
        let ears = &self.scene.settings.ears;
        let Some(key) = &ears.key else { return };
        let hold = Duration::from_millis(ears.key_hold_ms.into());
        match key::watch(key, hold, None, self.hearing.clone()) {
            Ok(acts) => self.key = Some(acts),
            Err(error) => self.fail(&error.fault()),
        }
    }

    fn pressed(&mut self, act: Result<Act, KeyError>) {
        let act = match act {
            Ok(act) => act,
            Err(error) => {
                self.key = None;
                return self.fail(&error.fault());
            }
        };
        match (act, &self.listening) {
            (Act::Start, Some(listening)) => listening.press(),
            (Act::Stop, Some(listening)) => listening.release(),
            (Act::Cancel, Some(listening)) => listening.cancel(),
            // Without a microphone the key silences the voice, and that it is gone was told.
            (_, None) => self.hush(),
        }
    }

    /// Words that were typed, here or by another program.
    fn typed(&mut self, words: String) {
        self.hush();
        if LEAVE.contains(&words.trim().to_lowercase().as_str()) {
            self.inputs = None;
            return;
        }
        self.send(Transcript::typed(words));
    }

    /// Enter alone: somebody wants to speak.
    fn entered(&self) {
        self.hush();
        if let Some(listening) = &self.listening {
            listening.arm();
            print::announcement(&announce::dialogue(&Turn::Listening));
        }
    }

    /// New settings: microphone, recogniser and voice are opened anew; the conversation goes on.
    async fn changed(&mut self, changed: Changed) {
        match changed {
            Err(error) => return self.fail(&error.fault()),
            Ok(settings) => {
                self.verbosity.send_replace(settings.voice.verbosity);
                self.scene.take(settings);
            }
        }
        self.hearing.cancel();
        self.hearing = self.cancel.child_token();
        if let Some(old) = self.mouth.take() {
            // What is being said is ended, and not waited for as long as it may take.
            let _ = tokio::time::timeout(SETTLES, old.finish()).await;
            old.hush();
            self.mouth = mouth(self.scene).await;
        }
        if let Some(mut old) = self.key.take() {
            // The key is free again when the one who had it has ended: at once, and not waited for longer than that.
            let ended = async { while old.recv().await.is_some() {} };
            let _ = tokio::time::timeout(SETTLES, ended).await;
        }
        self.take_key();
        let anew = listen(self.scene, self.ears, self.mouth.clone(), self.noticed.clone(), self.hearing.clone());
        self.listening = anew.inspect_err(|fault| self.fail(fault)).ok();
        let _ = self.current.send(self.listening.clone());
        self.tell(&announce::dialogue(&Turn::SettingsTaken));
    }

    fn send(&self, transcript: Transcript) {
        if let Some(inputs) = &self.inputs {
            self.door.mood(Mood::Working);
            // The conversation ends only after its inputs, so a refusal says that too much waits.
            if inputs.try_send(transcript).is_err() {
                self.tell(&announce::dialogue(&Turn::LaterFull));
            }
        }
    }

    fn fail(&self, fault: &Fault) {
        self.tell(&announce::fault(fault));
    }

    /// Tells something of the session's own, and keeps it.
    fn tell(&self, announcement: &Announcement) {
        self.scene.record().add(announcement);
        self.show(announcement);
    }

    /// Tells what is kept already, or need not be.
    fn show(&self, announcement: &Announcement) {
        print::announcement(announcement);
        if let Some(mouth) = &self.mouth {
            mouth.say(announcement.clone());
        }
    }

    fn chime(&self, earcon: Earcon) {
        if let Some(mouth) = &self.mouth {
            mouth.chime(earcon);
        }
    }

    fn hush(&self) {
        if let Some(mouth) = &self.mouth {
            mouth.hush();
        }
    }
}

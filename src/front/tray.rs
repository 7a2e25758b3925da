//! The tray of a desktop: whether it listens, works or asks, and a button to talk. Where there is no desktop, nothing.
//!
//! It only shows and passes on: a click is the same as `ask-nix talk toggle`.

use ksni::menu::StandardItem;
use ksni::{MenuItem, ToolTip, Tray, TrayMethods};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::assistant::Listening;

use super::socket::Mood;

struct Icon {
    mood: Mood,
    listening: watch::Receiver<Option<Listening>>,
}

impl Icon {
    fn talk(&self) {
        if let Some(listening) = self.listening.borrow().as_ref() {
            listening.toggle();
        }
    }
}

impl Tray for Icon {
    fn id(&self) -> String {
        "ask-nix".to_owned()
    }

    fn title(&self) -> String {
        self.mood.told().to_owned()
    }

    // Names of the freedesktop icon naming specification: every theme has them.
    fn icon_name(&self) -> String {
        match self.mood {
            Mood::Idle => "audio-input-microphone",
            Mood::Listening => "media-record",
            Mood::Working => "system-run",
            Mood::Asking => "dialog-question",
        }
        .to_owned()
    }

    fn status(&self) -> ksni::Status {
        if self.mood == Mood::Asking { ksni::Status::NeedsAttention } else { ksni::Status::Active }
    }

    fn attention_icon_name(&self) -> String {
        "dialog-question".to_owned()
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip { title: self.title(), ..ToolTip::default() }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.talk();
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        let talk = StandardItem {
            label: "Talk".to_owned(),
            enabled: self.listening.borrow().is_some(),
            activate: Box::new(|icon: &mut Self| icon.talk()),
            ..StandardItem::default()
        };
        vec![talk.into()]
    }
}

/// Shows the state until `cancel`. Must be called inside a tokio runtime.
pub fn show(
    mut moods: watch::Receiver<Mood>,
    listening: watch::Receiver<Option<Listening>>,
    cancel: CancellationToken,
) {
    tokio::spawn(async move {
        let mood = *moods.borrow_and_update();
        let shown = match (Icon { mood, listening }).spawn().await {
            Ok(shown) => shown,
            Err(error) => return tracing::debug!(target: "front.tray", %error, "there is no tray"),
        };
        loop {
            tokio::select! {
                () = cancel.cancelled() => break,
                changed = moods.changed() => if changed.is_err() { break },
            }
            let mood = *moods.borrow_and_update();
            if shown.update(|icon| icon.mood = mood).await.is_none() {
                return;
            }
        }
        shown.shutdown().await;
    });
}

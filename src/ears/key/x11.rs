//! A key of the whole desktop on X11: grabbed on the root window, so that it reaches us and nobody else.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio_util::sync::CancellationToken;
use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{ConnectionExt, GrabMode, Keycode, ModMask, Window};
use x11rb::rust_connection::RustConnection;

use crate::config::{Hotkey, Modifier};

use super::{Act, Gesture, KeyError};

/// How often it is looked whether to end.
const LOOK: Duration = Duration::from_millis(100);
/// A repeated key goes up and down at once: within this time its way down is there.
const REPEAT: Duration = Duration::from_millis(5);
/// The symbol of Escape, which cancels.
const ESCAPE: u32 = 0xff1b;

/// A key that is ours until this value goes.
pub struct Grabbed {
    server: RustConnection,
    root: Window,
    code: Keycode,
    escape: Option<Keycode>,
}

impl Grabbed {
    /// Takes a key from an X server; without a name from that of this session.
    pub fn take(key: &Hotkey, display: Option<&str>) -> Result<Self, KeyError> {
        let (server, root) = connect(display)?;
        let code = code_of(&server, key.symbol())?.ok_or_else(|| KeyError::NoSuchKey { key: key.clone() })?;
        let escape = code_of(&server, ESCAPE)?;
        for mask in masks(key.modifiers()) {
            let asked = server.grab_key(false, root, mask, code, GrabMode::ASYNC, GrabMode::ASYNC);
            asked.map_err(|_| KeyError::Lost)?.check().map_err(|error| match error {
                ReplyError::X11Error(_) => KeyError::Taken { key: key.clone() },
                ReplyError::ConnectionError(_) => KeyError::Lost,
            })?;
        }
        Ok(Self { server, root, code, escape })
    }

    /// Tells what the key asks for, until `cancel`, or until nobody listens any more.
    pub fn listen(
        self,
        mut gesture: Gesture,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(Act) -> bool,
    ) -> Result<(), KeyError> {
        let mut next = None;
        while !cancel.is_cancelled() {
            let event = match next.take() {
                Some(event) => event,
                None => match self.event(LOOK)? {
                    Some(event) => event,
                    None => continue,
                },
            };
            let act = match &event {
                Event::KeyPress(press) if press.detail == self.code => gesture.down(Instant::now()),
                Event::KeyPress(press) if Some(press.detail) == self.escape => gesture.cancel(),
                Event::KeyRelease(release) if release.detail == self.code => {
                    next = self.event(REPEAT)?;
                    let repeats = matches!(&next, Some(Event::KeyPress(press))
                        if press.detail == self.code && press.time == release.time);
                    if repeats {
                        next = None;
                        None
                    } else {
                        gesture.up(Instant::now())
                    }
                }
                _ => None,
            };
            if let Some(act) = act {
                self.escape(gesture.talks())?;
                if !tell(act) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Escape is ours only while somebody talks.
    fn escape(&self, ours: bool) -> Result<(), KeyError> {
        let Some(code) = self.escape else { return Ok(()) };
        let asked = if ours {
            self.server.grab_key(false, self.root, ModMask::ANY, code, GrabMode::ASYNC, GrabMode::ASYNC)
        } else {
            self.server.ungrab_key(code, self.root, ModMask::ANY)
        };
        // Where another program has it, the key itself still ends what is said.
        asked.map_err(|_| KeyError::Lost)?.ignore_error();
        self.server.flush().map_err(|_| KeyError::Lost)
    }

    /// The next event; `None` where none comes in time.
    fn event(&self, patience: Duration) -> Result<Option<Event>, KeyError> {
        let event = || self.server.poll_for_event().map_err(|_| KeyError::Lost);
        if let Some(event) = event()? {
            return Ok(Some(event));
        }
        let stream = self.server.stream();
        let time = Timespec::try_from(patience).ok();
        let mut files = [PollFd::from_borrowed_fd(stream.as_fd(), PollFlags::IN)];
        match poll(&mut files, time.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => event(),
            Err(_) => Err(KeyError::Lost),
        }
    }
}

/// The X server, and its root window.
pub fn connect(display: Option<&str>) -> Result<(RustConnection, Window), KeyError> {
    let has = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if display.is_none() {
        // An X server inside a Wayland session sees keys only while one of its own windows has them.
        if has("WAYLAND_DISPLAY") {
            return Err(KeyError::Wayland);
        }
        if !has("DISPLAY") {
            return Err(KeyError::NoServer);
        }
    }
    let (server, screen) = x11rb::connect(display).map_err(|_| KeyError::NoServer)?;
    let root = server.setup().roots.get(screen).ok_or(KeyError::NoServer)?.root;
    Ok((server, root))
}

/// The key on this keyboard that gives a symbol.
fn code_of(server: &RustConnection, symbol: u32) -> Result<Option<Keycode>, KeyError> {
    let setup = server.setup();
    let (first, count) = (setup.min_keycode, setup.max_keycode.saturating_sub(setup.min_keycode).saturating_add(1));
    let asked = server.get_keyboard_mapping(first, count).map_err(|_| KeyError::Lost)?;
    let mapping = asked.reply().map_err(|_| KeyError::Lost)?;
    let each = usize::from(mapping.keysyms_per_keycode).max(1);
    let at = mapping.keysyms.chunks(each).position(|symbols| symbols.contains(&symbol));
    Ok(at.and_then(|at| u8::try_from(at).ok()).and_then(|at| first.checked_add(at)))
}

/// A grab counts for one state of the locks alone: it is made for each of them.
fn masks(modifiers: &[Modifier]) -> Vec<ModMask> {
    let own = modifiers.iter().fold(ModMask::from(0_u16), |mask, modifier| {
        mask | match modifier {
            Modifier::Shift => ModMask::SHIFT,
            Modifier::Ctrl => ModMask::CONTROL,
            Modifier::Alt => ModMask::M1,
            Modifier::Super => ModMask::M4,
        }
    });
    let (capitals, numbers) = (ModMask::LOCK, ModMask::M2);
    vec![own, own | capitals, own | numbers, own | capitals | numbers]
}

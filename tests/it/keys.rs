//! The key to talk on a real X server without a screen, pressed by another program through XTEST.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ask_nix::config::Hotkey;
use ask_nix::ears::key::{self, Act, KeyError};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

pub struct Screen {
    server: Child,
    pub display: String,
    keyboard: RustConnection,
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Screen {
    /// A server of its own; `None` where there is no Xvfb.
    pub fn start() -> Option<Self> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"]);
        let Ok(mut server) = command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null()).spawn() else {
            skip!("no Xvfb");
            return None;
        };
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let display = format!(":{}", number.trim());
        let (keyboard, _) = x11rb::connect(Some(&display)).unwrap();
        Some(Self { server, display, keyboard })
    }

    /// The key that gives a symbol.
    fn code(&self, symbol: u32) -> u8 {
        let setup = self.keyboard.setup();
        let count = setup.max_keycode - setup.min_keycode + 1;
        let mapping = self.keyboard.get_keyboard_mapping(setup.min_keycode, count).unwrap().reply().unwrap();
        let each = usize::from(mapping.keysyms_per_keycode);
        let at = mapping.keysyms.chunks(each).position(|symbols| symbols.contains(&symbol)).unwrap();
        setup.min_keycode + u8::try_from(at).unwrap()
    }

    pub fn key(&self, symbol: u32, down: bool) {
        let kind = if down { KEY_PRESS_EVENT } else { KEY_RELEASE_EVENT };
        self.keyboard.xtest_fake_input(kind, self.code(symbol), 0, x11rb::NONE, 0, 0, 0).unwrap();
        self.keyboard.flush().unwrap();
    }
}

pub const F9: u32 = 0xffc6;
const ESCAPE: u32 = 0xff1b;
const SUPER: u32 = 0xffeb;
const SPACE: u32 = 0x20;

async fn next(acts: &mut UnboundedReceiver<Result<Act, KeyError>>) -> Option<Act> {
    let next = tokio::time::timeout(Duration::from_secs(2), acts.recv()).await.ok()??;
    Some(next.unwrap())
}

async fn quiet(acts: &mut UnboundedReceiver<Result<Act, KeyError>>) -> bool {
    tokio::time::timeout(Duration::from_millis(200), acts.recv()).await.is_err()
}

#[tokio::test]
async fn a_key_is_heard_held_tapped_and_cancelled() {
    let Some(screen) = Screen::start() else { return };
    let key: Hotkey = "F9".parse().unwrap();
    let cancel = CancellationToken::new();
    let hold = Duration::from_millis(300);
    let mut acts = key::watch(&key, hold, Some(&screen.display), cancel.clone()).unwrap();
    // Held so long that the server repeats it.
    screen.key(F9, true);
    assert_eq!(next(&mut acts).await, Some(Act::Start));
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert!(quiet(&mut acts).await, "a repeated key is still held");
    screen.key(F9, false);
    assert_eq!(next(&mut acts).await, Some(Act::Stop));
    // Tapped, and tapped again.
    for act in [Act::Start, Act::Stop] {
        screen.key(F9, true);
        screen.key(F9, false);
        assert_eq!(next(&mut acts).await, Some(act));
        assert!(quiet(&mut acts).await);
    }
    // Escape forgets what was said, and is nobody else's meanwhile; else it is not ours.
    screen.key(ESCAPE, true);
    screen.key(ESCAPE, false);
    assert!(quiet(&mut acts).await);
    screen.key(F9, true);
    assert_eq!(next(&mut acts).await, Some(Act::Start));
    screen.key(ESCAPE, true);
    screen.key(ESCAPE, false);
    assert_eq!(next(&mut acts).await, Some(Act::Cancel));
    screen.key(F9, false);
    assert!(quiet(&mut acts).await);
    cancel.cancel();
    assert_eq!(next(&mut acts).await, None, "it is let go");
    let again = key::watch(&key, hold, Some(&screen.display), CancellationToken::new());
    assert!(again.is_ok(), "and may be taken again at once");
}

#[tokio::test]
async fn a_key_with_another_one_and_a_key_that_is_taken() {
    let Some(screen) = Screen::start() else { return };
    let (key, cancel) = ("Super+Space".parse::<Hotkey>().unwrap(), CancellationToken::new());
    let hold = Duration::from_millis(300);
    let mut acts = key::watch(&key, hold, Some(&screen.display), cancel.clone()).unwrap();
    screen.key(SPACE, true);
    screen.key(SPACE, false);
    assert!(quiet(&mut acts).await, "a space alone is typed");
    screen.key(SUPER, true);
    screen.key(SPACE, true);
    assert_eq!(next(&mut acts).await, Some(Act::Start));
    let taken = key::watch(&key, hold, Some(&screen.display), CancellationToken::new());
    assert!(matches!(taken, Err(KeyError::Taken { .. })), "{taken:?}");
    let none = key::watch(&key, hold, Some(":987"), CancellationToken::new());
    assert!(matches!(none, Err(KeyError::NoServer)), "{none:?}");
    // A server that dies is told.
    drop(screen);
    let told = tokio::time::timeout(Duration::from_secs(2), acts.recv()).await.unwrap();
    assert!(matches!(told, Some(Err(KeyError::Lost) | Ok(Act::Stop))), "{told:?}");
}

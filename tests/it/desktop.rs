//! What a desktop shows: a tray, on a private D-Bus with a stand-in for the desktop's side, and a line for bars.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

/// A child that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The desktop's side of trays, as plasma and the GNOME extension have it.
struct Watcher(mpsc::UnboundedSender<String>);

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: &str) {
        let _ = self.0.send(service.to_owned());
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        !self.0.is_closed()
    }
}

fn bus() -> Option<(Running, String)> {
    let spawned = Command::new("dbus-daemon")
        .args(["--session", "--nofork", "--print-address"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = spawned else {
        skip!("no dbus-daemon");
        return None;
    };
    let mut address = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
    Some((Running(child), address.trim().to_owned()))
}

fn ask_nix(home: &Path, bus: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ask-nix"));
    for name in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "ASK_NIX_MODELS"] {
        command.env_remove(name);
    }
    command.env("HOME", home).env("XDG_RUNTIME_DIR", home).env("DBUS_SESSION_BUS_ADDRESS", bus).current_dir(home);
    command
}

#[test]
fn a_tray_shows_the_state_and_a_line_tells_it_to_bars() {
    let Some((_daemon, address)) = bus() else { return };
    let home = tempfile::tempdir().unwrap();
    let status = || {
        let output = ask_nix(home.path(), &address).args(["status", "--json"]).output().unwrap();
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    assert_eq!(status()["class"], "off");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (registered, mut items) = mpsc::unbounded_channel();
    let desktop = runtime.block_on(async {
        zbus::connection::Builder::address(address.as_str())
            .unwrap()
            .name("org.kde.StatusNotifierWatcher")
            .unwrap()
            .serve_at("/StatusNotifierWatcher", Watcher(registered))
            .unwrap()
            .build()
            .await
            .unwrap()
    });
    let spawned = ask_nix(home.path(), &address)
        .arg("--no-speak")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _running = Running(spawned.unwrap());
    let title = runtime.block_on(async {
        let service = tokio::time::timeout(Duration::from_secs(30), items.recv()).await.unwrap().unwrap();
        let proxy = zbus::Proxy::new(&desktop, service.as_str(), "/StatusNotifierItem", "org.kde.StatusNotifierItem");
        proxy.await.unwrap().get_property::<String>("Title").await.unwrap()
    });
    assert_eq!(title, "I am ready.");
    let begun = Instant::now();
    while status()["class"] != "idle" {
        assert!(begun.elapsed() < Duration::from_secs(30), "{}", status());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(status()["tooltip"], "I am ready.");
}

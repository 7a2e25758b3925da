//! Services, asked of a real systemd: a user manager in a mount namespace of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ask_nix::announce::{self, Verbosity};
use ask_nix::config::Roots;
use ask_nix::fault::Explain;
use ask_nix::nix::change::services as change;
use ask_nix::nix::read::services::{self, Active};
use ask_nix::nix::{NixError, Outcome, ServiceAction};
use jiff::Zoned;
use tokio_util::sync::CancellationToken;

/// A systemd that goes away with the value, and after 60 seconds in any case.
struct Systemd {
    folder: tempfile::TempDir,
    child: Child,
}

impl Systemd {
    /// `None`, and says so, where none can be started: that needs root, `unshare` and systemd.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let units = folder.path().join("config/systemd/user");
        fs::create_dir_all(&units).unwrap();
        fs::write(units.join("good.service"), "[Unit]\nDescription=Sleeps\n[Service]\nExecStart=/bin/sleep 300\n")
            .unwrap();
        fs::write(units.join("bad.service"), "[Unit]\nDescription=Fails\n[Service]\nExecStart=/bin/sh -c 'exit 3'\n")
            .unwrap();
        // systemd runs only where /run/systemd/system says that it does.
        let script = "mount -t tmpfs run /run && mkdir -p /run/systemd/system && exec timeout 60 systemd --user";
        let child = Command::new("unshare")
            .args(["--mount", "sh", "-c", script])
            .envs(Self::variables(folder.path()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let systemd = Self { folder, child };
        let begun = Instant::now();
        while !systemd.control(&["start", "good"]) {
            if begun.elapsed() > Duration::from_secs(10) {
                skip!("no systemd can be started here");
                return None;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        systemd.control(&["start", "bad"]);
        Some(systemd)
    }

    fn variables(folder: &Path) -> [(&'static str, PathBuf); 3] {
        let bus = PathBuf::from(format!("unix:path={}/bus", folder.display()));
        [
            ("XDG_RUNTIME_DIR", folder.to_owned()),
            ("XDG_CONFIG_HOME", folder.join("config")),
            ("DBUS_SESSION_BUS_ADDRESS", bus),
        ]
    }

    fn control(&self, arguments: &[&str]) -> bool {
        let mut command = Command::new("systemctl");
        command.arg("--user").args(arguments).envs(Self::variables(self.folder.path()));
        command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    fn roots(&self) -> Roots {
        let mut roots = Roots::below(&self.folder.path().join("machine"), None);
        fs::create_dir_all(roots.system.join("run/systemd/system")).unwrap();
        let bus = format!("unix:path={}/bus", self.folder.path().display());
        roots.env.push(("DBUS_SYSTEM_BUS_ADDRESS".into(), bus.into()));
        roots
    }
}

impl Drop for Systemd {
    fn drop(&mut self) {
        self.control(&["exit"]);
        let _ = Command::new("kill").arg(self.child.id().to_string()).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

#[test]
fn services_are_told_as_systemd_has_them() {
    let Some(systemd) = Systemd::start() else { return };
    let roots = systemd.roots();
    let cancel = CancellationToken::new();
    let status = |name: &str| services::status(&roots, &name.parse().unwrap(), &cancel);

    let good = status("good").unwrap();
    assert_eq!((good.service.active, good.service.sub.as_str()), (Active::Active, "running"));
    assert_eq!(good.service.description, "Sleeps");
    assert!(good.since.is_some() && good.result.is_none(), "{good:?}");

    let begun = Instant::now();
    while status("bad").unwrap().service.active != Active::Failed && begun.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(100));
    }
    let bad = status("bad").unwrap();
    assert_eq!(
        (bad.service.active, bad.result.as_deref(), bad.exit_code),
        (Active::Failed, Some("exit-code"), Some(3))
    );
    let told = announce::outcome(&Outcome::Service(Box::new(bad)), &Zoned::now(), Verbosity::default()).text;
    assert!(told.starts_with("bad has failed") && told.contains("exit code 3"), "{told}");

    let all = services::list(&roots).unwrap();
    assert!(all.iter().any(|service| service.name == "good" && service.active == Active::Active), "{all:?}");
    assert!(all.is_sorted_by(|a, b| a.name <= b.name));

    let error = status("apache").unwrap_err();
    assert!(matches!(&error, NixError::UnknownService { service } if service == "apache"), "{error}");
    assert!(error.fault().what.contains("apache"));

    // Started, stopped and restarted; each only where it makes a difference.
    let act = |action, name: &str| change::act(&roots, action, &name.parse().unwrap(), &cancel);
    let plan = change::plan(&roots, ServiceAction::Stop, &"good".parse().unwrap()).unwrap();
    assert_eq!((plan.service.name.as_str(), plan.loss), ("good", None));
    assert_eq!(act(ServiceAction::Stop, "good").unwrap().service.active, Active::Inactive);
    let error = act(ServiceAction::Stop, "good").unwrap_err();
    assert_eq!(error.fault().what, "good is stopped already.");
    assert_eq!(act(ServiceAction::Start, "good").unwrap().service.active, Active::Active);
    let before = status("good").unwrap().since;
    assert_ne!(act(ServiceAction::Restart, "good").unwrap().since, before);
    let error = act(ServiceAction::Start, "bad").unwrap_err();
    assert!(matches!(&error, NixError::ServiceFailed { .. }), "{error}");
    let fault = error.fault();
    assert!(fault.what.starts_with("bad did not start") && fault.why.contains('3'), "{}", fault.spoken());
    assert!(matches!(act(ServiceAction::Restart, "apache").unwrap_err(), NixError::UnknownService { .. }));

    // systemd goes away: told, and no hanging.
    systemd.control(&["exit"]);
    std::thread::sleep(Duration::from_secs(1));
    assert!(matches!(services::list(&roots), Err(NixError::Systemd { .. })));
}

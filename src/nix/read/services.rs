//! Services: which run, how one is, and what it said last. Asked of systemd over D-Bus, and of its journal.
//!
//! Only reads. A machine without systemd has no services that could be told, which is said as such.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use zbus::zvariant::OwnedObjectPath;
use zbus::{Connection, Proxy, connection};

use crate::command::ServiceName;
use crate::config::Roots;
use crate::nix::NixError;
use crate::nix::Restored;
use crate::nix::child::{self, Ended, Stream};

/// How long systemd may take to answer. It answers in milliseconds; while it reloads, in a second.
const PATIENCE: Duration = Duration::from_secs(5);
/// Messages of the journal that are read.
const MESSAGES: usize = 20;
/// Below this likeness (Jaro-Winkler, 0 to 1) a service is another one.
const LIKE: f64 = 0.88;

/// How a unit is, as systemd calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Active {
    Active,
    Reloading,
    Inactive,
    Failed,
    Activating,
    Deactivating,
    /// A state that newer systemds may have.
    Other,
}

impl Active {
    fn named(text: &str) -> Self {
        match text {
            "active" => Self::Active,
            "reloading" | "refreshing" => Self::Reloading,
            "inactive" => Self::Inactive,
            "failed" => Self::Failed,
            "activating" => Self::Activating,
            "deactivating" => Self::Deactivating,
            _ => Self::Other,
        }
    }
}

/// A service in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Service {
    /// Without `.service`.
    pub name: String,
    pub description: String,
    pub active: Active,
    /// systemd's finer state, such as `running` or `exited`.
    pub sub: String,
}

/// One service whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceFacts {
    #[serde(flatten)]
    pub service: Service,
    /// Since when it is in this state.
    pub since: Option<Timestamp>,
    /// It starts with the machine; `None` if nothing says so.
    pub enabled: Option<bool>,
    /// Why it failed, as systemd calls it (`exit-code`, `oom-kill`, …); `None` where it did not.
    pub result: Option<String>,
    /// The exit code of its main process, if it failed by one.
    pub exit_code: Option<i32>,
    /// How often it was restarted by itself.
    pub restarts: u32,
    /// Memory that it uses, in bytes.
    pub memory: Option<u64>,
    /// Its last errors, the oldest first.
    pub errors: Vec<Message>,
}

/// A message of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    pub time: Option<Timestamp>,
    /// Who said it: a service, or a program.
    pub from: String,
    /// 0 emergency, 3 error, 4 warning, 6 information.
    pub priority: u8,
    pub text: String,
}

/// All services that are loaded, by name.
pub fn list(roots: &Roots) -> Result<Vec<Service>, NixError> {
    ask(roots, async |manager: &Manager| manager.services().await)
}

/// One service, by its name or what it is commonly called, with its last errors.
pub fn status(roots: &Roots, name: &ServiceName, cancel: &CancellationToken) -> Result<ServiceFacts, NixError> {
    let mut facts = ask(roots, async |manager: &Manager| manager.facts(name.as_str()).await)?
        .ok_or_else(|| NixError::UnknownService { service: name.to_string() })?;
    // The journal may be closed to this user: what systemd itself says is told all the same.
    facts.errors = messages(roots, Some(&facts.service.name), "err", cancel).unwrap_or_default();
    Ok(facts)
}

/// Recent messages: all of one service, or the warnings and errors of the whole machine. The oldest first.
pub fn logs(
    roots: &Roots,
    service: Option<&ServiceName>,
    cancel: &CancellationToken,
) -> Result<(Option<String>, Vec<Message>), NixError> {
    let Some(name) = service else {
        systemd(roots)?;
        return Ok((None, messages(roots, None, "warning", cancel)?));
    };
    let found = ask(roots, async |manager: &Manager| manager.find(name.as_str()).await)?
        .ok_or_else(|| NixError::UnknownService { service: name.to_string() })?;
    let messages = messages(roots, Some(&found.name), "debug", cancel)?;
    Ok((Some(found.name), messages))
}

/// Whether systemd runs the machine; told where it does not.
fn systemd(roots: &Roots) -> Result<(), NixError> {
    if roots.system.join("run/systemd/system").is_dir() { Ok(()) } else { Err(NixError::NoSystemd) }
}

/// Asks systemd something, on a thread and a runtime of its own: callers may or may not be inside one.
fn ask<T: Send>(roots: &Roots, question: impl AsyncFnOnce(&Manager) -> zbus::Result<T> + Send) -> Result<T, NixError> {
    ask_within(PATIENCE, roots, question)
}

/// The same with another patience: a change may have to wait for the user's password.
pub(in crate::nix) fn ask_within<T: Send>(
    patience: Duration,
    roots: &Roots,
    question: impl AsyncFnOnce(&Manager) -> zbus::Result<T> + Send,
) -> Result<T, NixError> {
    systemd(roots)?;
    let address = roots
        .env
        .iter()
        .find(|(name, _)| name == "DBUS_SYSTEM_BUS_ADDRESS")
        .and_then(|(_, address)| address.to_str().map(str::to_owned));
    let answered = std::thread::scope(|scope| {
        let thread = scope.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            // The timer needs the runtime, so it is made inside.
            let answer = runtime.block_on(async {
                let asked = async { question(&Manager::connect(address.as_deref()).await?).await };
                tokio::time::timeout(patience, asked).await
            });
            answer.ok()
        });
        thread.join().ok().flatten()
    });
    match answered {
        Some(Ok(answer)) => Ok(answer),
        Some(Err(source)) => Err(NixError::Systemd { source: Some(Box::new(source)) }),
        None => Err(NixError::Systemd { source: None }),
    }
}

/// systemd's manager on the bus.
pub(in crate::nix) struct Manager {
    connection: Connection,
}

/// What `ListUnits` gives of each: name, description, load, active and sub state, followed unit, path, job.
type Unit = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

impl Manager {
    async fn connect(address: Option<&str>) -> zbus::Result<Self> {
        let connection = match address {
            Some(address) => connection::Builder::address(address)?.build().await?,
            None => Connection::system().await?,
        };
        Ok(Self { connection })
    }

    pub(in crate::nix) async fn proxy<'a>(&self, path: &'a str, interface: &'a str) -> zbus::Result<Proxy<'a>> {
        Proxy::new(&self.connection, "org.freedesktop.systemd1", path, interface).await
    }

    async fn services(&self) -> zbus::Result<Vec<Service>> {
        let manager = self.proxy("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager").await?;
        let units: Vec<Unit> = manager.call("ListUnits", &()).await?;
        let mut services: Vec<Service> = units
            .into_iter()
            .filter(|unit| unit.2 != "not-found")
            .filter_map(|(name, description, _, active, sub, ..)| {
                let name = name.strip_suffix(".service")?.to_owned();
                Some(Service { name, description, active: Active::named(&active), sub })
            })
            .collect();
        services.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(services)
    }

    /// A service by its name, what it is commonly called, or what it is described as.
    pub(in crate::nix) async fn find(&self, said: &str) -> zbus::Result<Option<Service>> {
        let services = self.services().await?;
        if let Some(found) = nearest(&services, said) {
            return Ok(Some(found.clone()));
        }
        // Not loaded, yet there may be a file of it: asking for it loads it.
        let name = said.strip_suffix(".service").unwrap_or(said);
        let manager = self.proxy("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager").await?;
        let path: OwnedObjectPath = manager.call("LoadUnit", &(format!("{name}.service"))).await?;
        let unit = self.proxy(path.as_str(), "org.freedesktop.systemd1.Unit").await?;
        if unit.get_property::<String>("LoadState").await? == "not-found" {
            return Ok(None);
        }
        Ok(Some(Service {
            name: name.to_owned(),
            description: unit.get_property("Description").await?,
            active: Active::named(&unit.get_property::<String>("ActiveState").await?),
            sub: unit.get_property("SubState").await?,
        }))
    }

    async fn facts(&self, said: &str) -> zbus::Result<Option<ServiceFacts>> {
        let Some(service) = self.find(said).await? else { return Ok(None) };
        let manager = self.proxy("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager").await?;
        let path: OwnedObjectPath = manager.call("LoadUnit", &(format!("{}.service", service.name))).await?;
        let unit = self.proxy(path.as_str(), "org.freedesktop.systemd1.Unit").await?;
        let own = self.proxy(path.as_str(), "org.freedesktop.systemd1.Service").await?;
        let micros: u64 = unit.get_property("StateChangeTimestamp").await.unwrap_or(0);
        let enabled = match unit.get_property::<String>("UnitFileState").await.unwrap_or_default().as_str() {
            "enabled" | "enabled-runtime" | "static" | "linked" | "alias" | "generated" => Some(true),
            "disabled" | "masked" => Some(false),
            _ => None,
        };
        let result: String = own.get_property("Result").await.unwrap_or_default();
        let code: i32 = own.get_property("ExecMainStatus").await.unwrap_or(0);
        let memory: u64 = own.get_property("MemoryCurrent").await.unwrap_or(u64::MAX);
        Ok(Some(ServiceFacts {
            since: i64::try_from(micros)
                .ok()
                .filter(|&micros| micros > 0)
                .and_then(|micros| Timestamp::from_microsecond(micros).ok()),
            enabled,
            exit_code: (result == "exit-code").then_some(code),
            result: Some(result).filter(|result| !result.is_empty() && result != "success"),
            restarts: own.get_property("NRestarts").await.unwrap_or(0),
            // The largest number stands for "not measured", and so does none.
            memory: Some(memory).filter(|&memory| memory != u64::MAX && memory > 0),
            errors: Vec::new(),
            service,
        }))
    }
}

/// The service that is meant: by its name, then by a name that holds what was said, then the most alike.
fn nearest<'a>(services: &'a [Service], said: &str) -> Option<&'a Service> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' ', '.'], "");
    let wanted = plain(said.strip_suffix(".service").unwrap_or(said));
    let by = |fits: &dyn Fn(&str) -> bool| services.iter().find(|service| fits(&plain(&service.name)));
    by(&|name| name == wanted)
        // People leave out or add the letter for "daemon", and say the name of the package: ssh, openssh for sshd.
        .or_else(|| {
            by(&|name| name.strip_suffix('d') == Some(wanted.as_str()) || wanted.strip_suffix('d') == Some(name))
        })
        .or_else(|| by(&|name| name.strip_suffix('d').is_some_and(|stem| wanted.strip_prefix("open") == Some(stem))))
        .or_else(|| {
            let likeness = |service: &Service| strsim::jaro_winkler(&plain(&service.name), &wanted);
            let best = services.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
            (likeness(best) >= LIKE).then_some(best)
        })
}

/// Messages of the journal, by the program that comes with systemd: its files have no stable form of their own.
fn messages(
    roots: &Roots,
    service: Option<&str>,
    priority: &str,
    cancel: &CancellationToken,
) -> Result<Vec<Message>, NixError> {
    let mut command = child::system_program(roots, "journalctl");
    command.args(["--no-pager", "--quiet", "--output=json", "--boot"]);
    command.arg(format!("--lines={MESSAGES}")).arg(format!("--priority={priority}"));
    if let Some(service) = service {
        command.arg(format!("--unit={service}.service"));
    }
    let (mut messages, mut talk) = (Vec::new(), String::new());
    let ended = child::run_apart(command, cancel, |stream, line| match stream {
        Stream::Answer => messages.extend(message(line)),
        Stream::Talk => line.clone_into(&mut talk),
    });
    match ended {
        Ok(Ended::Exited(status)) if status.success() || !messages.is_empty() => Ok(messages),
        Ok(Ended::Cancelled) => Err(NixError::Cancelled { restored: Restored::Untouched }),
        // journalctl ends with 1 where it has nothing to show.
        Ok(Ended::Exited(_)) if talk.is_empty() || talk.contains("No journal files") => Ok(messages),
        Ok(Ended::Exited(_)) => Err(NixError::NoJournal { said: talk }),
        Err(error) => Err(NixError::NoJournal { said: error.to_string() }),
    }
}

/// One message as `journalctl --output=json` writes it; fields that are no text (bytes, or several) are left out.
fn message(line: &str) -> Option<Message> {
    let fields: Value = serde_json::from_str(line).ok()?;
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let from = text("_SYSTEMD_UNIT").or(text("UNIT")).or(text("SYSLOG_IDENTIFIER")).unwrap_or_default();
    let micros = text("__REALTIME_TIMESTAMP").and_then(|micros| micros.parse().ok());
    Some(Message {
        time: micros.and_then(|micros| Timestamp::from_microsecond(micros).ok()),
        from: from.strip_suffix(".service").unwrap_or(from).to_owned(),
        priority: text("PRIORITY").and_then(|priority| priority.parse().ok()).unwrap_or(6),
        text: text("MESSAGE")?.to_owned(),
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    fn services() -> Vec<Service> {
        let service = |name: &str| Service {
            name: name.to_owned(),
            description: String::new(),
            active: Active::Active,
            sub: "running".to_owned(),
        };
        ["NetworkManager", "bluetooth", "cups", "nginx", "postgresql", "sshd", "systemd-resolved"].map(service).to_vec()
    }

    #[test]
    fn services_are_found_as_people_call_them() {
        let services = services();
        let found = |said| nearest(&services, said).map(|service| service.name.as_str());
        for (said, name) in [
            ("sshd", "sshd"),
            ("ssh", "sshd"),
            ("openssh", "sshd"),
            ("network-manager", "NetworkManager"),
            ("nginx.service", "nginx"),
            ("postgres", "postgresql"),
            ("cupsd", "cups"),
        ] {
            assert_eq!(found(said), Some(name), "{said}");
        }
        for other in ["apache", "x", "mysql", "docker"] {
            assert_eq!(found(other), None, "{other}");
        }
    }

    #[test]
    fn messages_of_the_journal_are_read_and_broken_ones_left_out() {
        let line = r#"{"__REALTIME_TIMESTAMP":"1732238400000000","_SYSTEMD_UNIT":"nginx.service","PRIORITY":"3","MESSAGE":"bind() failed"}"#;
        let read = message(line).unwrap();
        assert_eq!((read.from.as_str(), read.priority, read.text.as_str()), ("nginx", 3, "bind() failed"));
        assert_eq!(read.time.unwrap().as_second(), 1_732_238_400);
        for broken in ["", "{}", "[]", r#"{"MESSAGE":[1,2]}"#, "{\"MESSAGE\":"] {
            assert_eq!(message(broken), None, "{broken}");
        }
    }

    #[test]
    fn without_systemd_it_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots::below(folder.path(), None);
        assert!(matches!(list(&roots), Err(NixError::NoSystemd)));
        assert!(matches!(logs(&roots, None, &CancellationToken::new()), Err(NixError::NoSystemd)));
    }
}

//! Services are started, stopped and restarted by systemd itself, over D-Bus.
//!
//! The right to do so is polkit's to give: it asks the user, where there is somebody to ask. Nothing is
//! done to a service but these three; what starts with the machine is the configuration's.

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio_util::sync::CancellationToken;
use zbus::proxy::MethodFlags;
use zbus::zvariant::OwnedObjectPath;

use crate::command::ServiceName;
use crate::config::Roots;
use crate::nix::NixError;
use crate::nix::Restored;
use crate::nix::read::services::{Active, Service, ServiceFacts, ask_within, status};

/// How long a user may take to give a password.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long a service may take to start or stop; systemd's own usual limit is 90 s.
const WORK: Duration = Duration::from_secs(100);
/// Between two looks at a service that is on its way.
const LOOK: Duration = Duration::from_millis(50);
/// A service that dies at once, as with a wrong setting, does so within this time of its start.
const EARLY_DEATH: Duration = Duration::from_millis(400);

/// What is done to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceAction {
    Start,
    Stop,
    Restart,
}

/// What stopping a service takes away from the person at the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// The desktop with all its windows.
    Desktop,
    Network,
    /// Logging in from elsewhere.
    RemoteLogin,
    Sound,
}

/// What a change of a service would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServicePlan {
    pub action: ServiceAction,
    pub service: Service,
    pub loss: Option<Loss>,
}

impl ServiceAction {
    /// The method of systemd's manager (`org.freedesktop.systemd1(5)`).
    const fn method(self) -> &'static str {
        match self {
            Self::Start => "StartUnit",
            Self::Stop => "StopUnit",
            Self::Restart => "RestartUnit",
        }
    }

    /// The state that it is to come to.
    const fn wanted(self) -> Active {
        match self {
            Self::Start | Self::Restart => Active::Active,
            Self::Stop => Active::Inactive,
        }
    }
}

/// What a change of a service would do. Changes nothing.
///
/// # Errors
/// There is no such service, or it is so already.
pub fn plan(roots: &Roots, action: ServiceAction, name: &ServiceName) -> Result<ServicePlan, NixError> {
    let found = ask_within(PATIENCE, roots, async |manager| manager.find(name.as_str()).await)?;
    let service = found.ok_or_else(|| NixError::UnknownService { service: name.to_string() })?;
    let so_already = match action {
        ServiceAction::Start => service.active == Active::Active,
        ServiceAction::Stop => service.active == Active::Inactive,
        ServiceAction::Restart => false,
    };
    if so_already {
        return Err(NixError::ServiceSo { service: service.name, active: service.active });
    }
    let loss = if action == ServiceAction::Start { None } else { loss(&service.name) };
    Ok(ServicePlan { action, service, loss })
}

/// What goes with a service, by the names that `NixOS` and systemd give them.
fn loss(name: &str) -> Option<Loss> {
    match name {
        "display-manager" | "gdm" | "sddm" | "lightdm" | "greetd" => Some(Loss::Desktop),
        "NetworkManager" | "systemd-networkd" | "systemd-resolved" | "dhcpcd" | "iwd" | "wpa_supplicant" => {
            Some(Loss::Network)
        }
        "sshd" | "tailscaled" => Some(Loss::RemoteLogin),
        "pipewire" | "wireplumber" | "pulseaudio" | "alsa-store" => Some(Loss::Sound),
        _ => None,
    }
}

/// Does it, and waits until the service has come to its state.
///
/// # Errors
/// Not permitted; the service fails, or takes too long: then how it is now is in the error.
pub fn act(
    roots: &Roots,
    action: ServiceAction,
    name: &ServiceName,
    cancel: &CancellationToken,
) -> Result<ServiceFacts, NixError> {
    let plan = plan(roots, action, name)?;
    let unit = format!("{}.service", plan.service.name);
    if cancel.is_cancelled() {
        return Err(NixError::Cancelled { restored: Restored::Untouched });
    }
    let job = ask_within(PATIENCE, roots, async |manager| {
        let systemd = manager.proxy("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager").await?;
        let flags = MethodFlags::AllowInteractiveAuth.into();
        // "replace": what is waiting to be done to this service gives way (`systemctl` does the same).
        systemd.call_with_flags::<_, _, OwnedObjectPath>(action.method(), flags, &(unit.as_str(), "replace")).await
    })
    .map_err(|error| refused(&plan.service.name, error))?;
    if let Some(job) = job {
        wait(roots, &job, cancel);
    }
    let facts = outlived(roots, action, name, cancel)?;
    // A service that does its work and ends has been started all the same.
    let ended_well =
        action != ServiceAction::Stop && facts.service.active == Active::Inactive && facts.result.is_none();
    if facts.service.active == action.wanted() || ended_well {
        Ok(facts)
    } else {
        Err(NixError::ServiceFailed { action, facts: Box::new(facts) })
    }
}

/// Waits until systemd has done its job, for as long as that may take. Cancelling ends only the waiting: systemd
/// goes on by itself.
fn wait(roots: &Roots, job: &OwnedObjectPath, cancel: &CancellationToken) {
    let begun = Instant::now();
    let at_work = || {
        ask_within(PATIENCE, roots, async |manager| {
            let job = manager.proxy(job.as_str(), "org.freedesktop.systemd1.Job").await?;
            job.get_property::<String>("State").await
        })
        .is_ok()
    };
    // A job that is done is no object any more.
    while at_work() && begun.elapsed() < WORK && !cancel.is_cancelled() {
        std::thread::sleep(LOOK);
    }
}

/// How the service is, once it has had the time to die of what is wrong with it.
fn outlived(
    roots: &Roots,
    action: ServiceAction,
    name: &ServiceName,
    cancel: &CancellationToken,
) -> Result<ServiceFacts, NixError> {
    let begun = Instant::now();
    loop {
        let facts = status(roots, name, cancel)?;
        let steady = action == ServiceAction::Stop || facts.service.active != Active::Active;
        if steady || begun.elapsed() > EARLY_DEATH {
            return Ok(facts);
        }
        std::thread::sleep(LOOK);
    }
}

/// systemd's refusal, as what it means.
fn refused(service: &str, error: NixError) -> NixError {
    let NixError::Systemd { source: Some(source) } = &error else { return error };
    let zbus::Error::MethodError(name, ..) = source.as_ref() else { return error };
    match name.as_str() {
        "org.freedesktop.DBus.Error.AccessDenied"
        | "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
        | "org.freedesktop.PolicyKit1.Error.NotAuthorized" => NixError::ServiceRefused { service: service.to_owned() },
        _ => error,
    }
}

//! Whether the machine is well: what a person who looks after it would look at first.
//!
//! Collects what the other readers tell. What cannot be asked here (services without systemd) is
//! listed as not asked, never counted as well.

use serde::Serialize;

use crate::config::Roots;
use crate::nix::NixError;

use super::disk::{self, Disk};
use super::reboot::Reboot;
use super::services::{self, Active};
use super::store::Store;

/// Little enough room that a change may fail: a system with a desktop takes some gigabytes to build and fetch.
const ENOUGH: u64 = 5_000_000_000;
/// A kernel with its first file system takes up to about 60 megabytes in `/boot`.
const ENOUGH_BOOT: u64 = 60_000_000;

/// Something that is not well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "trouble", rename_all = "kebab-case")]
pub enum Trouble {
    FailedServices {
        names: Vec<String>,
    },
    DiskNearlyFull {
        disk: Disk,
    },
    BootNearlyFull {
        disk: Disk,
    },
    RebootNeeded,
    /// A change was cut short and is neither finished nor taken back.
    UnfinishedChange,
    StoreUnreadable,
}

/// What could not be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotAsked {
    Services,
    System,
}

/// How the machine is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The worst first; none: all is well.
    pub troubles: Vec<Trouble>,
    pub not_asked: Vec<NotAsked>,
}

impl Health {
    /// Looks at services, disks, store and the need of a restart.
    #[must_use]
    pub fn check(roots: &Roots, unfinished: bool) -> Self {
        let mut health = Self::default();
        if unfinished {
            health.troubles.push(Trouble::UnfinishedChange);
        }
        if let Err(NixError::StoreDatabase { .. }) = Store::open(roots).and_then(|store| store.totals()) {
            health.troubles.push(Trouble::StoreUnreadable);
        }
        match failed_services(roots) {
            Ok(names) if names.is_empty() => {}
            Ok(names) => health.troubles.push(Trouble::FailedServices { names }),
            Err(error) => {
                tracing::info!(%error, "services were not asked");
                health.not_asked.push(NotAsked::Services);
            }
        }
        if let Some(disk) = disk::boot(roots).filter(|disk| disk.is_nearly_full(ENOUGH_BOOT)) {
            health.troubles.push(Trouble::BootNearlyFull { disk });
        }
        if let Some(disk) = Disk::of(&roots.store).filter(|disk| disk.is_nearly_full(ENOUGH)) {
            health.troubles.push(Trouble::DiskNearlyFull { disk });
        }
        match Reboot::read(roots) {
            Ok(reboot) if reboot.needed => health.troubles.push(Trouble::RebootNeeded),
            Ok(_) => {}
            Err(_) => health.not_asked.push(NotAsked::System),
        }
        health
    }
}

/// The services that have failed, by name.
pub fn failed_services(roots: &Roots) -> Result<Vec<String>, NixError> {
    let services = services::list(roots)?;
    Ok(services.into_iter().filter(|service| service.active == Active::Failed).map(|service| service.name).collect())
}

//! The assistant's own voice: Piper's, or the spare one where Piper's cannot be had. Loaded when it is first needed,
//! since with a screen reader it may never be.

use std::path::PathBuf;

use tokio::sync::OnceCell;

use super::{SpeakError, Speaker, VoiceFiles};

/// What the own voice is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnFiles {
    /// Piper's files; `None` wants the spare voice from the start.
    pub piper: Option<VoiceFiles>,
    /// Folders that may hold `espeak-ng-data`.
    pub espeak_data: Vec<PathBuf>,
}

/// The own voice, loaded once.
#[derive(Debug)]
pub struct OwnVoice {
    files: OwnFiles,
    loaded: OnceCell<(Speaker, Option<SpeakError>)>,
}

impl OwnVoice {
    /// The own voice, not loaded yet.
    #[must_use]
    pub const fn new(files: OwnFiles) -> Self {
        Self { files, loaded: OnceCell::const_new() }
    }

    /// The voice; with it why it is only the spare one, where it is not the one that was wanted.
    ///
    /// # Errors
    /// Why Piper's voice does not load, where the spare one does not either.
    pub async fn speaker(&self) -> Result<(&Speaker, Option<&SpeakError>), SpeakError> {
        let (speaker, lacking) = self.loaded.get_or_try_init(|| self.load()).await?;
        Ok((speaker, lacking.as_ref()))
    }

    async fn load(&self) -> Result<(Speaker, Option<SpeakError>), SpeakError> {
        let spare = || Speaker::start_spare(self.files.espeak_data.clone());
        let Some(piper) = &self.files.piper else {
            return Ok((spare().await?, None));
        };
        match Speaker::start(piper.clone()).await {
            Ok(speaker) => Ok((speaker, None)),
            Err(lacking) => match spare().await {
                Ok(speaker) => Ok((speaker, Some(lacking))),
                Err(error) => {
                    tracing::warn!(%error, "no spare voice either");
                    Err(lacking)
                }
            },
        }
    }
}

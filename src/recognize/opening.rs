//! Whether a sound begins with a certain word: the second look at what may have been the wake word.

use std::ffi::c_int;

use tokio_util::sync::CancellationToken;

use super::RecognizeError;
use super::weigh::written;
use super::whisper::Recognizer;

impl Recognizer {
    /// The natural log-probability that what is said in a sound begins with `word`, as the decoder sees it: 0 is
    /// certain, below -8 are other words. Takes one encoder pass, about 0.2 s for base.en.
    ///
    /// `samples` are 16 kHz mono, a second or two around the word.
    ///
    /// # Errors
    /// [`RecognizeError::Cancelled`], and [`RecognizeError::Failed`] where the arithmetic broke off.
    pub fn begins_with(
        &mut self,
        samples: &[f32],
        word: &str,
        cancel: &CancellationToken,
    ) -> Result<f32, RecognizeError> {
        self.listen_to(samples, cancel)?;
        let start = self.start();
        let mut most = f32::NEG_INFINITY;
        // A sentence begins with a capital, and the middle of one does not.
        for form in [written(word), format!(" {word}")] {
            let tokens = self.tokens().encode(&form);
            most = most.max(self.probability_after(&start, &tokens)?);
        }
        Ok(most)
    }

    fn probability_after(&mut self, start: &[c_int], tokens: &[c_int]) -> Result<f32, RecognizeError> {
        let threads = usize::try_from(self.threads()).unwrap_or(1);
        let failed = |error: whisper_rs::WhisperError| RecognizeError::Failed(error.to_string());
        let mut sum = 0.0;
        for (at, token) in start.iter().chain(tokens).enumerate() {
            if at >= start.len() {
                let logits = self.state.get_logits().map_err(failed)?;
                let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let all = logits.iter().map(|logit| (logit - most).exp()).sum::<f32>().ln();
                let own = usize::try_from(*token).ok().and_then(|token| logits.get(token));
                sum += own.map_or(f32::NEG_INFINITY, |own| own - most - all);
            }
            self.state.decode(&[*token], at, threads).map_err(failed)?;
        }
        Ok(sum)
    }
}

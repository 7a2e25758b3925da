//! What sounds next: clips one after the other, and short ones on top at once.
//!
//! Pure: no device, no clock. Says at which sample of the output each clip begins and ends.

use std::collections::VecDeque;

/// A clip at the output's rate, with whatever its owner wants back.
pub(super) struct Clip<Tag> {
    pub samples: Vec<f32>,
    pub tag: Tag,
}

struct Running<Tag> {
    clip: Clip<Tag>,
    at: usize,
}

/// Something that happens at a position of the output.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mark<Tag> {
    Begins(Tag),
    Ends(Tag),
}

/// Mixes clips; positions count mono samples since it was made.
pub(super) struct Mixer<Tag> {
    queue: VecDeque<Running<Tag>>,
    top: Vec<Running<Tag>>,
    position: u64,
}

impl<Tag: Clone> Mixer<Tag> {
    pub fn new() -> Self {
        Self { queue: VecDeque::new(), top: Vec::new(), position: 0 }
    }

    /// Plays after all that is queued.
    pub fn queue(&mut self, clip: Clip<Tag>) {
        self.queue.push_back(Running { clip, at: 0 });
    }

    /// Plays at once, on top of the rest.
    pub fn overlay(&mut self, clip: Clip<Tag>) {
        self.top.push(Running { clip, at: 0 });
    }

    /// Forgets all clips and gives their tags back.
    pub fn clear(&mut self) -> Vec<Tag> {
        self.queue.drain(..).chain(self.top.drain(..)).map(|running| running.clip.tag).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.top.is_empty()
    }

    /// Mixes up to `room` samples into `out` (cleared first), fewer at the end of all clips.
    pub fn mix(&mut self, room: usize, out: &mut Vec<f32>, mut mark: impl FnMut(u64, Mark<Tag>)) {
        out.clear();
        let mut filled = 0;
        while let Some(front) = self.queue.front_mut() {
            let (next, ends) = lay(front, out, filled, room, self.position, &mut mark);
            filled = next;
            if !ends {
                break;
            }
            self.queue.pop_front();
        }
        let position = self.position;
        self.top.retain_mut(|running| !lay(running, out, 0, room, position, &mut mark).1);
        for sample in out.iter_mut() {
            *sample = sample.clamp(-1.0, 1.0);
        }
        self.position += out.len() as u64;
    }
}

/// Adds what of a clip fits from `start` to `room`; gives where it stopped and whether it ended.
fn lay<Tag: Clone>(
    running: &mut Running<Tag>,
    out: &mut Vec<f32>,
    start: usize,
    room: usize,
    position: u64,
    mark: &mut impl FnMut(u64, Mark<Tag>),
) -> (usize, bool) {
    let left = running.clip.samples.get(running.at..).unwrap_or_default();
    let part = left.get(..left.len().min(room.saturating_sub(start))).unwrap_or_default();
    if part.is_empty() && !left.is_empty() {
        return (start, false);
    }
    if running.at == 0 {
        mark(position + start as u64, Mark::Begins(running.clip.tag.clone()));
    }
    let end = start + part.len();
    if out.len() < end {
        out.resize(end, 0.0);
    }
    for (sum, sample) in out.iter_mut().skip(start).zip(part) {
        *sum += sample;
    }
    running.at += part.len();
    let ends = running.at >= running.clip.samples.len();
    if ends {
        mark(position + end as u64, Mark::Ends(running.clip.tag.clone()));
    }
    (end, ends)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clip(value: f32, length: usize, tag: u32) -> Clip<u32> {
        Clip { samples: vec![value; length], tag }
    }

    #[test]
    fn clips_follow_each_other_without_a_gap_and_earcons_lie_on_top() {
        let mut mixer = Mixer::new();
        mixer.queue(clip(0.1, 5, 1));
        mixer.queue(clip(0.2, 5, 2));
        mixer.overlay(clip(0.5, 3, 3));
        let (mut out, mut marks) = (Vec::new(), Vec::new());
        mixer.mix(8, &mut out, |at, mark| marks.push((at, mark)));
        assert_eq!(out, [0.6, 0.6, 0.6, 0.1, 0.1, 0.2, 0.2, 0.2]);
        mixer.mix(8, &mut out, |at, mark| marks.push((at, mark)));
        assert_eq!(out, [0.2, 0.2]);
        assert!(mixer.is_empty());
        marks.sort_by_key(|(at, _)| *at);
        let ends: Vec<_> = marks.iter().filter(|(_, mark)| matches!(mark, Mark::Ends(_))).collect();
        assert_eq!(ends, [&(3, Mark::Ends(3)), &(5, Mark::Ends(1)), &(10, Mark::Ends(2))]);
        assert!(marks.contains(&(5, Mark::Begins(2))));
    }

    proptest! {
        #[test]
        fn every_clip_begins_once_ends_once_and_no_sample_is_lost(
            lengths in prop::collection::vec(0_usize..50, 1..8),
            room in 1_usize..40,
        ) {
            let mut mixer = Mixer::new();
            for (tag, length) in lengths.iter().enumerate() {
                mixer.queue(Clip { samples: vec![0.1; *length], tag });
            }
            let (mut out, mut total, mut begins, mut ends) = (Vec::new(), 0, Vec::new(), Vec::new());
            while !mixer.is_empty() {
                mixer.mix(room, &mut out, |at, mark| match mark {
                    Mark::Begins(tag) => begins.push((tag, at)),
                    Mark::Ends(tag) => ends.push((tag, at)),
                });
                total += out.len();
            }
            prop_assert_eq!(total, lengths.iter().sum::<usize>());
            let mut at = 0_u64;
            for (tag, length) in lengths.iter().enumerate() {
                prop_assert_eq!(begins.get(tag), Some(&(tag, at)));
                at += *length as u64;
                prop_assert_eq!(ends.get(tag), Some(&(tag, at)));
            }
        }
    }
}

#!/usr/bin/env python3
"""Renders the wake word's training and test sound and keeps its speech embeddings.

Usage: train-wake-render.py --data DIR --models DIR --voice FILE.onnx --out FILE.npz [--part train|test] [--seed N]

DIR of --data holds recordings as the project's shared data folder lays them out (see models/wake/README.md).
Every recording belongs to one of three folds, and a rendering mixes sources of one fold only, so that a network
can be trained on two folds and measured on recordings, noises and rooms of the third.
Needs numpy, scipy, soundfile, onnxruntime; piper-tts for made speech.
"""

import argparse
import glob
import hashlib
import os
import random

import numpy as np
import onnxruntime as ort
import soundfile as sf
from scipy.signal import fftconvolve, resample_poly

RATE = 16000
HOP = 1280  # an embedding comes every 80 ms
FOLDS = 3
# What sounds like the word and is not it.
NEAR = """commuter. compute. computing. competitor. composer. commuters. compiler. come here. come pewter. a pewter cup.
Jupiter. tutor. compressor. committee. communicator. competing. contributor. consumer. compete. puter. accuser.
the commuter train is late. we need to compute it. confuse her. come to her. commute. common user. the tutor.
come put her down. can you pewter. can you put a. compost. computation. company. compare. complete. compound. compatible.
it is a competition. she is a composer. we compete with her. do you hear. come on, Peter. compute the sum. commuted.""".split(".")
COMMANDS = ["list generations", "install firefox", "search for a text editor", "roll back", "what can I say",
            "update the system", "how much space is left", "remove git", "cancel", "what is installed", "help"]


def fold_of(path):
    return int(hashlib.sha256(os.path.basename(path).encode()).hexdigest(), 16) % FOLDS


def read(path):
    sound, rate = sf.read(path, dtype="float32")
    assert rate == RATE, path
    return sound - sound.mean()


def levels(sound, step=320):
    cut = sound[: len(sound) // step * step].reshape(-1, step)
    return 20 * np.log10(np.sqrt((cut**2).mean(1)) + 1e-6)


def strongest(sound, step=512):
    """Root of the greatest power of a frame: how the public wake word benchmark measures speech and noise alike."""
    return float(np.sqrt((sound[: len(sound) // step * step].reshape(-1, step) ** 2).mean(1).max())) + 1e-9


def speech_rms(sound):
    """Level of the louder third: pauses do not count."""
    found = levels(sound)
    return 10 ** (np.mean(np.sort(found)[-max(1, len(found) // 3) :]) / 20)


def word_span(sound):
    """Samples of the one word in a clip: around the loudest half second, until 25 dB below its peak."""
    found = levels(sound)
    power = np.convolve(10 ** (found / 10), np.ones(25), "same")
    centre = int(power.argmax())
    near = found[max(0, centre - 12) : centre + 13].max()
    floor = max(near - 25, np.percentile(found, 10) + 6)
    loud = found > floor
    first = last = centre
    for i in range(centre, max(-1, centre - 45), -1):
        if loud[i]:
            first = i
        elif first - i > 8:
            break
    for i in range(centre, min(len(found), centre + 45)):
        if loud[i]:
            last = i
        elif i - last > 8:
            break
    return first * 320, (last + 1) * 320


class Features:
    """The Apache-licensed mel spectrogram and speech embedding, 16 kHz in, 96 numbers every 80 ms out."""

    def __init__(self, models):
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.mel = ort.InferenceSession(f"{models}/melspectrogram.onnx", options)
        self.embedding = ort.InferenceSession(f"{models}/embedding_model.onnx", options)

    def __call__(self, sound):
        pcm = (np.clip(sound, -1, 1) * 32767).astype(np.float32)[None]
        mel = self.mel.run(None, {"input": pcm})[0].reshape(-1, 32) / 10 + 2
        windows = [mel[i : i + 76] for i in range(0, len(mel) - 75, 8)]
        out = [self.embedding.run(None, {"input_1": w[None, :, :, None]})[0].reshape(96) for w in windows]
        return np.array(out, dtype=np.float16).reshape(-1, 96)


class Studio:
    """Sources of one fold, and the changes that rooms, microphones and people make."""

    def __init__(self, data, fold, rng):
        self.rng = rng
        mine = lambda pattern: [f for f in sorted(glob.glob(f"{data}/{pattern}")) if fold_of(f) == fold]
        self.positive = [(f, read(f)) for f in mine("wake/positive/*/*.flac")]
        self.words = [(f, read(f)) for f in mine("wake/negative/*/*.flac")]
        self.speech = [(f, read(f)) for f in mine("speech/*/*.flac")]
        self.noise = [read(f) for f in mine("noise/esc10/*/*.flac") + mine("noise/background/*.flac")]
        kitchen = read(f"{data}/noise/kitchen.flac")
        third = len(kitchen) // FOLDS
        self.noise += [kitchen[fold * third : (fold + 1) * third]] * 3
        self.rooms = [read(f) for f in sorted(glob.glob(f"{data}/noise/rir/*.flac"))]

    def long(self, sources, length):
        """Some of a source, repeated if it is too short."""
        sound = self.rng.choice(sources)
        if len(sound) <= length:
            sound = np.tile(sound, length // len(sound) + 2)
        start = self.rng.randrange(len(sound) - length)
        return sound[start : start + length]

    def noise_of(self, length):
        kind = self.rng.random()
        if kind < 0.6:
            return self.long(self.noise, length)
        if kind < 0.8:  # coloured noise
            spectrum = np.fft.rfft(np.random.default_rng(self.rng.randrange(1 << 30)).standard_normal(length))
            slope = self.rng.uniform(0, 1.1)
            return np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 1) ** slope, length).astype(np.float32)
        voices = [sound for _, sound in self.speech]
        return sum(self.long(voices, length) / 4 for _ in range(5))

    def mix(self, speech, decibels, rms=None):
        noise = self.noise_of(len(speech))
        loud = np.sqrt((noise**2).mean()) + 1e-6
        return speech + noise * ((rms or speech_rms(speech)) / loud / 10 ** (decibels / 20))

    def mix_as_benchmark(self, speech, decibels):
        noise = self.noise_of(len(speech))
        return speech + noise * (strongest(speech) / strongest(noise) / 10 ** (decibels / 20))

    def room(self, sound):
        if self.rng.random() < 0.5:
            impulse = self.rng.choice(self.rooms)
        else:
            length = int(RATE * self.rng.uniform(0.1, 0.7))
            decay = np.exp(-6.9 * np.arange(length) / length)
            tail = np.random.default_rng(self.rng.randrange(1 << 30)).standard_normal(length) * decay
            impulse = tail * self.rng.uniform(0.02, 0.12)
            impulse[0] = 1
        impulse = impulse[int(np.abs(impulse).argmax()) :]
        out = fftconvolve(sound, impulse)[: len(sound)].astype(np.float32)
        return out * (speech_rms(sound) / (speech_rms(out) + 1e-9))

    def person(self, sound):
        """Another speed and pitch, as a longer or shorter vocal tract has it."""
        factor = self.rng.choice([86, 90, 94, 97, 100, 100, 100, 103, 106, 110, 115])
        return resample_poly(sound, factor, 100).astype(np.float32) if factor != 100 else sound

    def microphone(self, sound):
        if self.rng.random() < 0.3:  # a tilted frequency response
            tilt = self.rng.uniform(-0.5, 0.5)
            sound = sound + tilt * np.concatenate([[0], sound[:-1]]).astype(np.float32)
        peak = np.abs(sound).max() + 1e-6
        sound = sound / peak * 10 ** (self.rng.uniform(-32, 0) / 20)
        if self.rng.random() < 0.1:
            sound = np.clip(sound * self.rng.uniform(1, 3), -1, 1)
        return sound

    def dirty(self, sound, rms=None):
        if self.rng.random() < 0.35:
            sound = self.room(sound)
        if self.rng.random() < 0.85:
            if self.rng.random() < 0.5:
                sound = self.mix_as_benchmark(sound, self.rng.uniform(3, 22))
            else:
                sound = self.mix(sound, self.rng.uniform(0, 20), rms)
        return self.microphone(sound)

    def scene(self, word, after):
        """A word with what may come before and after it; gives the sound and where the word ends."""
        first, last = word_span(word)
        kind, lead, trail = self.rng.random(), int(RATE * 1.9), int(RATE * 0.75)
        before = max(0, last - lead)
        clip = word[before:].copy()
        end = last - before
        if kind < 0.3:  # somebody spoke just before
            start = max(0, first - before - int(RATE * self.rng.uniform(0.05, 0.5)))
            voices = [sound for _, sound in self.speech]
            other = self.long(voices, lead) * (speech_rms(word) / 0.05)
            clip[:start] = other[:start]
        if end < lead:
            pad = self.long([sound for _, sound in self.speech], lead - end) if kind < 0.3 else np.zeros(lead - end, np.float32)
            clip, end = np.concatenate([pad * 0.5, clip]).astype(np.float32), lead
        clip = clip[: end + trail]
        if after is not None:  # the command follows at once
            gap = end + int(RATE * self.rng.uniform(0.0, 0.35))
            tail = after[: end + trail - gap] * (speech_rms(word) / (speech_rms(after) + 1e-6))
            clip = np.concatenate([clip, np.zeros(max(0, gap + len(tail) - len(clip)), np.float32)])
            clip[gap : gap + len(tail)] += tail
        clip = np.concatenate([clip, np.zeros(max(0, end + trail - len(clip)), np.float32)])
        return clip.astype(np.float32), end


def made_speech(voice, rng):
    """(text, sound) of a Piper voice in many tempers: the word, near misses, and ordinary talk."""
    from piper import PiperVoice, SynthesisConfig

    piper = PiperVoice.load(voice)

    def say(text):
        config = SynthesisConfig(length_scale=rng.uniform(0.75, 1.4), noise_scale=rng.uniform(0.5, 1.0), noise_w_scale=rng.uniform(0.6, 1.1))
        chunks = list(piper.synthesize(text, config))
        sound = np.concatenate([chunk.audio_float_array for chunk in chunks])
        sound = resample_poly(sound, RATE, chunks[0].sample_rate).astype(np.float32)
        factor = rng.choice([80, 86, 92, 100, 108, 116, 125])
        return resample_poly(sound, factor, 100).astype(np.float32)

    word = [say(rng.choice(["computer", "Computer!", "computer?", "computer."])) for _ in range(70)]
    near = [say(text.strip()) for text in NEAR if text.strip() for _ in range(3)]
    talk = [say(text) for text in COMMANDS for _ in range(3)]
    return word, near, talk


def main():
    args = argparse.ArgumentParser()
    for name in ("data", "models", "voice", "out"):
        args.add_argument(f"--{name}", required=True)
    args.add_argument("--part", choices=["train", "test"])
    args.add_argument("--seed", type=int, default=1)
    args = args.parse_args()
    rng = random.Random(args.seed)
    features = Features(args.models)
    rows, meta = [], []

    def keep(sound, kind, fold, end, source):
        found = features(sound)
        rows.append(found)
        meta.append((kind, fold, end, source, len(found)))

    studios = [Studio(args.data, fold, rng) for fold in range(FOLDS)]
    if args.part in ("test", None):
        render_test(studios, keep)
    if args.part in ("train", None):
        render_training(studios, made_speech(args.voice, rng), rng, keep)
    meta = np.array(meta, dtype=[("kind", "U16"), ("fold", "i4"), ("end", "i8"), ("source", "U200"), ("rows", "i4")])
    np.savez(args.out, rows=np.concatenate(rows), meta=meta)


def render_test(studios, keep):
    for fold, studio in enumerate(studios):
        # For the measure: the public benchmark's way, 10 dB of noise, three noises a recording.
        for path, sound in studio.positive:
            first, last = word_span(sound)
            padded = np.concatenate([np.zeros(RATE * 2, np.float32), sound, np.zeros(RATE, np.float32)])
            for _ in range(3):
                keep(studio.mix_as_benchmark(padded, 10), "test-positive", fold, last + RATE * 2, path)
        for path, sound in studio.words + studio.speech:
            padded = np.concatenate([sound, np.zeros(RATE // 2, np.float32)])
            for _ in range(3):
                keep(studio.mix_as_benchmark(padded, 10), "test-negative", fold, -1, path)
        for _ in range(40):
            keep(studio.noise_of(RATE * 30) * 0.3, "test-noise", fold, -1, "noise")


def render_training(studios, made, rng, keep):
    word, near, talk = made
    for fold, studio in enumerate(studios):
        voices = [sound for _, sound in studio.speech]
        after = lambda: rng.choice(talk) if rng.random() < 0.5 else studio.long(voices, RATE)
        for path, sound in studio.positive:
            for _ in range(14):
                person = studio.person(sound)
                scene, end = studio.scene(person, after() if rng.random() < 0.45 else None)
                keep(studio.dirty(scene, speech_rms(person)), "positive", fold, end, path)
        for sound in word[fold::FOLDS]:
            for _ in range(6):
                scene, end = studio.scene(sound, after() if rng.random() < 0.45 else None)
                keep(studio.dirty(scene, speech_rms(sound)), "positive", fold, end, "made")
        for sound in near[fold::FOLDS] + talk[fold::FOLDS]:
            for _ in range(5):
                padded = np.concatenate([np.zeros(RATE, np.float32), studio.person(sound), np.zeros(RATE, np.float32)])
                keep(studio.dirty(padded, speech_rms(sound)), "negative", fold, -1, "made")
        for path, sound in studio.words * 2 + studio.words + studio.speech * 3:
            person = studio.person(sound)
            padded = np.concatenate([np.zeros(RATE // 4, np.float32), person, np.zeros(RATE // 2, np.float32)])
            keep(studio.dirty(padded, speech_rms(person)), "negative", fold, -1, path)
        for _ in range(60):
            keep(studio.microphone(studio.noise_of(RATE * 10)), "negative", fold, -1, "noise")
        print(f"fold {fold} is rendered", flush=True)


if __name__ == "__main__":
    main()

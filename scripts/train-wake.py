#!/usr/bin/env python3
"""Trains the wake word's network on the embeddings that train-wake-render.py kept, and measures it.

Usage: train-wake.py --features FILE.npz … --out models/wake/computer.safetensors [--steps N] [--seed N]

Three networks are trained, each on two folds, and measured on recordings, noises and talk of the third: that is the
figure. The network that ships is the same recipe on all three folds. Needs numpy alone.
"""

import argparse
import json
import struct

import numpy as np

HOURS_PER_ROW = 0.08 / 3600
T, C, H = 10, 32, 32  # embeddings in a window (1.5 s of sound), channels, hidden units
GOOD = range(0, 4)  # windows that end so many hops after the word does are the word
UNSURE = range(-3, 7)  # and these are not judged: the word is nearly whole, or long past
BENCHMARK_SHARE = 5  # the public benchmark has speech in a fifth of its time, and noise in all of it
EVENT = 19  # hops of one event: 1.5 s


class Net:
    """Convolution over three embeddings, one hidden layer, one number."""

    def __init__(self, rng, mean, std):
        self.mean, self.std = mean, std
        self.p = {
            "conv.weight": rng.normal(0, (2 / 288) ** 0.5, (288, C)),
            "conv.bias": np.zeros(C),
            "hidden.weight": rng.normal(0, (2 / (C * (T - 2))) ** 0.5, (C * (T - 2), H)),
            "hidden.bias": np.zeros(H),
            "out.weight": rng.normal(0, (1 / H) ** 0.5, (H, 1)),
            "out.bias": np.full(1, -2.0),
        }
        self.p = {k: v.astype(np.float32) for k, v in self.p.items()}
        self.m = {k: np.zeros_like(v) for k, v in self.p.items()}
        self.v = {k: np.zeros_like(v) for k, v in self.p.items()}
        self.n = 0

    def forward(self, x, drop=None):
        """x: windows × T × 96, raw; gives logits and what the way back needs."""
        p = self.p
        x = (x - self.mean) / self.std
        if drop is not None:
            x = x + drop.normal(0, 0.15, x.shape).astype(np.float32)
        u = np.concatenate([x[:, i : T - 2 + i] for i in range(3)], axis=2)
        a = u @ p["conv.weight"] + p["conv.bias"]
        keep = 1 if drop is None else (drop.random(a.shape) > 0.2).astype(np.float32) / 0.8
        f = (np.maximum(a, 0) * keep).reshape(len(x), -1)
        b = f @ p["hidden.weight"] + p["hidden.bias"]
        keep2 = 1 if drop is None else (drop.random(b.shape) > 0.2).astype(np.float32) / 0.8
        h = np.maximum(b, 0) * keep2
        return (h @ p["out.weight"] + p["out.bias"])[:, 0], (u, a, keep, f, b, keep2, h)

    def step(self, x, y, weight, rate, drop):
        z, (u, a, keep, f, b, keep2, h) = self.forward(x, drop)
        prob = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
        dz = ((prob - y) * weight / weight.sum())[:, None].astype(np.float32)
        g = {"out.weight": h.T @ dz, "out.bias": dz.sum(0)}
        db = (dz @ self.p["out.weight"].T) * keep2 * (b > 0)
        g["hidden.weight"], g["hidden.bias"] = f.T @ db, db.sum(0)
        da = (db @ self.p["hidden.weight"].T).reshape(a.shape) * keep * (a > 0)
        g["conv.weight"] = u.reshape(-1, 288).T @ da.reshape(-1, C)
        g["conv.bias"] = da.sum((0, 1))
        self.n += 1
        for k in self.p:
            self.m[k] += 0.1 * (g[k] - self.m[k])
            self.v[k] += 0.001 * (g[k] ** 2 - self.v[k])
            move = (self.m[k] / (1 - 0.9**self.n)) / (np.sqrt(self.v[k] / (1 - 0.999**self.n)) + 1e-8)
            self.p[k] -= (rate * (move + (3e-3 * self.p[k] if k.endswith("weight") else 0))).astype(np.float32)

    def logits(self, rows, at, batch=4096):
        offsets = np.arange(-T + 1, 1)
        parts = [self.forward(rows[at[i : i + batch, None] + offsets].astype(np.float32))[0] for i in range(0, len(at), batch)]
        return np.concatenate(parts) if parts else np.zeros(0)


def hop_of(end):
    """The first embedding that has heard sample `end`: each hears 76 mel frames, 10 ms apart, of 32 ms."""
    return -(-(end - 75 * 160 - 512) // 1280)


class Set:
    def __init__(self, rows, meta):
        self.rows, self.meta = rows, meta
        self.start = np.concatenate([[0], np.cumsum(meta["rows"])[:-1]])

    def windows(self, kind, folds):
        """Window ends (indices of rows): of the word, and of anything else, in clips of `kind`."""
        word, other = [], []
        for i in np.flatnonzero((self.meta["kind"] == kind) & np.isin(self.meta["fold"], folds)):
            base, count, end = self.start[i], self.meta["rows"][i], self.meta["end"][i]
            ends = np.arange(T - 1, count)
            if end >= 0:
                near = ends - hop_of(end)
                word.append(base + ends[np.isin(near, GOOD)])
                ends = ends[~np.isin(near, UNSURE)]
            other.append(base + ends)
        join = lambda parts: np.concatenate(parts) if parts else np.zeros(0, int)
        return join(word), join(other)

    def clips(self, kind, fold):
        for i in np.flatnonzero((self.meta["kind"] == kind) & (self.meta["fold"] == fold)):
            yield self.meta[i], self.start[i] + np.arange(T - 1, self.meta["rows"][i])


def train(data, folds, steps, seed):
    rng = np.random.default_rng(seed)
    word, _ = data.windows("positive", folds)
    _, before = data.windows("positive", folds)
    _, talk = data.windows("negative", folds)
    talk = np.concatenate([talk, before])
    sample = data.rows[rng.choice(len(data.rows), 20000)].astype(np.float32)
    net = Net(rng, sample.mean(0), sample.std(0) + 1e-3)
    hard = talk
    offsets = np.arange(-T + 1, 1)
    for n in range(steps):
        if n and n % 400 == 0:
            scored = rng.choice(talk, min(len(talk), 60000), replace=False)
            hard = scored[np.argsort(-net.logits(data.rows, scored))[: len(scored) // 50]]
        at = np.concatenate([rng.choice(word, 128), rng.choice(talk, 192), rng.choice(hard, 192)])
        y = np.concatenate([np.ones(128), np.zeros(384)])
        x = data.rows[at[:, None] + offsets].astype(np.float32)
        net.step(x, y, np.where(y > 0, 1.0, 1.0), 1.5e-3 * 0.5 * (1 + np.cos(np.pi * n / steps)) + 1e-5, rng)
    return net


def smooth(z):
    """Two hops in a row: the mean of a window and the one before it."""
    return np.maximum(z, -30) if len(z) < 2 else np.concatenate([z[:1], (z[1:] + z[:-1]) / 2])


def peaks(z):
    """Scores of events: the greatest within 1.5 s."""
    found, z = [], z.copy()
    while len(z) and z.max() > -4:
        at = int(z.argmax())
        found.append(float(z[at]))
        z[max(0, at - EVENT) : at + EVENT] = -99
    return found


def measure(data, net, fold):
    hits, events, hours = [], [], 0.0
    for meta, at in data.clips("test-positive", fold):
        z = smooth(net.logits(data.rows, at))
        near = (at - at[0] + T - 1) - hop_of(meta["end"])
        hits.append((meta["source"], float(z[(near >= -6) & (near <= 12)].max())))
    for meta, at in data.clips("test-negative", fold):
        events += [(score, meta["source"]) for score in peaks(smooth(net.logits(data.rows, at)))]
        hours += len(at) * HOURS_PER_ROW * BENCHMARK_SHARE
    for _, at in data.clips("test-noise", fold):
        events += [(score, "noise") for score in peaks(smooth(net.logits(data.rows, at)))]
    return hits, events, hours


def curve(hits, events, hours, label):
    scores = np.array([score for _, score in hits])
    ranked = sorted((score for score, _ in events), reverse=True)
    out = []
    for rate in (0.1, 0.2, 0.5, 1, 2, 5, 10):
        allowed = int(rate * hours)
        threshold = ranked[allowed] if allowed < len(ranked) else -4
        out.append((rate, 100 * float((scores <= threshold).mean()), float(threshold)))
    print(label, f"{len(scores)} words, {hours:.2f} h:", "; ".join(f"{r}/h {m:.1f} % (at {t:.2f})" for r, m, t in out), flush=True)
    return out


def save(net, path, note):
    tensors = {"mean": net.mean, "std": net.std, **net.p}
    head, offset, blobs = {"__metadata__": note}, 0, []
    for name, value in tensors.items():
        blob = np.ascontiguousarray(value, "<f4").tobytes()
        head[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + len(blob)]}
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--features", required=True, nargs="+")
    args.add_argument("--out", required=True)
    args.add_argument("--steps", type=int, default=4000)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--folds", default="0,1,2")
    args = args.parse_args()
    kept = [np.load(file) for file in args.features]
    data = Set(np.concatenate([k["rows"] for k in kept]), np.concatenate([k["meta"] for k in kept]))
    hits, events, hours = [], [], 0.0
    for fold in map(int, args.folds.split(",")):
        net = train(data, [f for f in range(3) if f != fold], args.steps, args.seed)
        found = measure(data, net, fold)
        curve(*found, f"fold {fold}")
        hits, events, hours = hits + found[0], events + found[1], hours + found[2]
    for name in ("wake-word-benchmark", "precise-computer", "precise-heycomputer"):
        curve([h for h in hits if f"/{name}/" in h[0]], events, hours, name)
    curve(hits, events, hours, "all folds")
    for score, source in sorted(events, reverse=True)[:12]:
        print("  heard in", round(score, 2), source.split("/data/")[-1])
    for source, score in sorted(hits, key=lambda h: h[1])[:12]:
        print("  missed", round(score, 2), source.split("/data/")[-1])
    save(train(data, [0, 1, 2], args.steps, args.seed), args.out, {"word": "computer", "hops": str(T)})


if __name__ == "__main__":
    main()

//! Speech to intent on human voices: whole commands exactly right, clean and in noise, and what is refused.
//!
//! `scripts/bench-speech DATA`, or `cargo bench --bench speech -- DATA --help`. DATA holds `speech/coffee` (clips
//! with `labels.json`), `noise/kitchen.flac`, and `speech/dictation` and `speech/negative`, whose talk must give no
//! command. The noise is mixed as Picovoice's speech-to-intent benchmark does it. Clips are told apart by a hash of
//! their name: `--part tune` are those that thresholds were chosen on, `--part held` the others.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench may fail loudly")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use ask_nix::assistant::{Decision, decide, decide_in_domain, hear};
use ask_nix::audio::{FRAME_SAMPLES, Frame, read_file};
use ask_nix::config::Dirs;
use ask_nix::ears::{Endpointing, whole};
use ask_nix::intent::{Candidate, Context, Grammar, Names, Understander, Understanding};
use ask_nix::models::find;
use ask_nix::recognize::{Recognizer, Settings};
use clap::{Parser, ValueEnum};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

/// Samples of the frame whose loudness counts, and the ratios in dB: those of the published benchmark.
const LOUDNESS_FRAME: usize = 2_048;

#[derive(Parser)]
#[command(about = "Measures speech to intent on recordings of people")]
struct Args {
    /// The folder of the recordings.
    #[arg(env = "ASK_NIX_DATA")]
    data: Option<PathBuf>,
    /// Models: names of the manifest, or files.
    #[arg(long, value_delimiter = ',', default_value = "whisper-base.en,whisper-tiny.en")]
    model: Vec<String>,
    /// Ratios of speech to kitchen noise in dB; `clean` adds none, `talk` is the talk that must give nothing.
    #[arg(long, value_delimiter = ',', default_value = "clean,24,18,12,6,talk")]
    at: Vec<String>,
    #[arg(long, value_enum, default_value = "all")]
    part: Part,
    /// Only every so many clips.
    #[arg(long, default_value_t = 1)]
    every: usize,
    #[arg(long, default_value_t = 0)]
    threads: u8,
    /// Tell every clip that was not right.
    #[arg(long)]
    tell: bool,
    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Part {
    All,
    Tune,
    Held,
}

#[derive(Deserialize)]
struct Label {
    intent: String,
    slots: BTreeMap<String, String>,
}

struct Clip {
    name: String,
    path: PathBuf,
    /// Nothing for talk that must give nothing.
    wanted: Option<Label>,
}

/// What came of one clip.
struct Told {
    /// Understood as something, with this confidence and rightly or not.
    understood: Option<(f32, bool)>,
    milliseconds: f64,
}

fn main() {
    let args = Args::parse();
    let Some(data) = &args.data else {
        eprintln!("skipped: no recordings; `cargo bench --bench speech -- DATA` names their folder");
        return;
    };
    let noise = samples(&data.join("noise/kitchen.flac"));
    let orders = kept(&args, orders(data));
    let talk = kept(&args, talk(data));
    let text = include_str!("../tests/domains/coffee.grammar");
    let coffee = Understander::of_domain(Arc::new(Grammar::read(text, "coffee.grammar").unwrap()));
    let own = Understander::new(Arc::new(Grammar::english().unwrap()));
    println!("model, condition                     clips   right  other  nothing   median ms   95th");
    for model in &args.model {
        let Some(mut recognizer) = recognizer(model, args.threads) else {
            eprintln!("skipped: no model {model}");
            continue;
        };
        let mut all = Vec::new();
        for at in &args.at {
            if at == "talk" {
                for (domain, understander) in [("talk to the coffee shop", &coffee), ("talk to ask-nix", &own)] {
                    let told: Vec<Told> = talk
                        .iter()
                        .map(|clip| one(&mut recognizer, understander, clip, &samples(&clip.path), args.tell))
                        .collect();
                    tell(model, domain, &told);
                    all.extend(told);
                }
                continue;
            }
            let ratio: Option<f32> = (at != "clean").then(|| at.parse().expect("a number of dB"));
            let hear = |(place, clip): (usize, &Clip)| {
                let clean = samples(&clip.path);
                // Another part of the noise for each clip, the same in every run.
                let sound = ratio.map_or_else(|| clean.clone(), |ratio| mixed(&clean, &noise, place * 126_001, ratio));
                one(&mut recognizer, &coffee, clip, &sound, args.tell)
            };
            let told: Vec<Told> = orders.iter().enumerate().map(hear).collect();
            tell(model, &if ratio.is_some() { format!("orders, {at} dB") } else { format!("orders, {at}") }, &told);
            all.extend(told);
        }
        reliability(model, &all);
    }
}

fn one(recognizer: &mut Recognizer, understander: &Understander, clip: &Clip, sound: &[f32], tell: bool) -> Told {
    let never = CancellationToken::new();
    let began = Instant::now();
    let transcript = whole(&frames(sound), &Endpointing::default())
        .map(|utterance| hear(recognizer, understander, &NoNames, &utterance, &never).unwrap());
    let Some(transcript) = transcript else { return Told { understood: None, milliseconds: 0.0 } };
    let understanding = understander.understand(&transcript, &Context::default(), &NoNames);
    let milliseconds = began.elapsed().as_secs_f64() * 1000.0;
    let told = told(&transcript.text, understanding, clip.wanted.as_ref());
    if tell && told.is_some_and(|(_, right)| !right) || tell && told.is_none() && clip.wanted.is_some() {
        println!(
            "    {}: {:?} {told:?} {:?}",
            clip.name,
            transcript.text,
            clip.wanted.as_ref().map(|label| &label.slots)
        );
    }
    Told { understood: told, milliseconds }
}

/// Whether something was understood, with its confidence and whether it was right.
fn told(text: &str, understanding: Understanding, wanted: Option<&Label>) -> Option<(f32, bool)> {
    let Some(wanted) = wanted else {
        let decided = decide(text, understanding);
        let nothing = matches!(decided.decision, Decision::NotUnderstood { .. } | Decision::Silent);
        return (!nothing).then_some((decided.intent.map_or(0.0, |intent| intent.confidence), false));
    };
    let Decision::Domain(intent) = decide_in_domain(text, understanding).decision else { return None };
    let slots: BTreeMap<&str, Vec<&str>> =
        intent.slots.iter().map(|(name, values)| (name, values.iter().map(String::as_str).collect())).collect();
    // Some labels carry a blank too many.
    let labels: BTreeMap<&str, Vec<&str>> =
        wanted.slots.iter().map(|(name, value)| (name.as_str(), vec![value.trim()])).collect();
    Some((intent.confidence, intent.command == wanted.intent && slots == labels))
}

struct NoNames;

impl Names for NoNames {
    fn packages(&self, _: &str, _: usize) -> Option<Vec<Candidate>> {
        None
    }
}

fn recognizer(model: &str, threads: u8) -> Option<Recognizer> {
    let path = match find(model) {
        Some(found) => found.path(&Dirs::of_user()?.models()),
        None => PathBuf::from(model),
    };
    path.is_file().then(|| Recognizer::load(&path, Settings { threads, full_context: false }).unwrap())
}

fn orders(data: &Path) -> Vec<Clip> {
    let folder = data.join("speech/coffee");
    let labels = std::fs::read_to_string(folder.join("labels.json")).expect("DATA/speech/coffee/labels.json");
    let labels: BTreeMap<String, Label> = serde_json::from_str(&labels).unwrap();
    let clips = labels.into_iter().map(|(name, label)| Clip { path: folder.join(&name), name, wanted: Some(label) });
    clips.filter(|clip| clip.path.is_file()).collect()
}

fn talk(data: &Path) -> Vec<Clip> {
    let folders = ["speech/dictation", "speech/negative"].map(|folder| std::fs::read_dir(data.join(folder)));
    let paths = folders.into_iter().flatten().flatten().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension() == Some(OsStr::new("flac"))).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    paths.into_iter().map(|path| Clip { name: name(&path), path, wanted: None }).collect()
}

fn kept(args: &Args, clips: Vec<Clip>) -> Vec<Clip> {
    let mine = |name: &str| match args.part {
        Part::All => true,
        // FNV-1a, which stays the same from one version of Rust to the next.
        part => {
            let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
            (hash % 2 == 0) == (part == Part::Tune)
        }
    };
    clips.into_iter().filter(|clip| mine(&clip.name)).step_by(args.every).collect()
}

fn samples(path: &Path) -> Vec<f32> {
    read_file(path).unwrap().frames.iter().flat_map(|frame| frame.0).collect()
}

fn frames(samples: &[f32]) -> Vec<Frame> {
    let frame = |chunk: &[f32]| Frame(std::array::from_fn(|at| chunk.get(at).copied().unwrap_or_default()));
    samples.chunks(FRAME_SAMPLES).map(frame).collect()
}

/// Speech in noise, whose loudest frames have this ratio; half of the full scale at most.
fn mixed(speech: &[f32], noise: &[f32], from: usize, ratio: f32) -> Vec<f32> {
    let loudest = |samples: &[f32]| {
        let energies = samples.chunks_exact(LOUDNESS_FRAME).map(|frame| frame.iter().map(|s| s * s).sum::<f32>());
        energies.fold(f32::MIN_POSITIVE, f32::max)
    };
    let from = from % noise.len().saturating_sub(speech.len()).max(1);
    let noise: Vec<f32> = noise.iter().skip(from).take(speech.len()).copied().collect();
    let scale = (loudest(speech) / (loudest(&noise) * 10_f32.powf(ratio / 10.0))).sqrt();
    let sum: Vec<f32> = speech.iter().zip(&noise).map(|(speech, noise)| speech + scale * noise).collect();
    let peak = sum.iter().fold(f32::MIN_POSITIVE, |peak, sample| peak.max(sample.abs()));
    sum.into_iter().map(|sample| sample / (2.0 * peak)).collect()
}

fn tell(model: &str, condition: &str, told: &[Told]) {
    let count = |what: &dyn Fn(&Told) -> bool| told.iter().filter(|told| what(told)).count();
    let right = count(&|told| told.understood.is_some_and(|(_, right)| right));
    let other = count(&|told| told.understood.is_some_and(|(_, right)| !right));
    let mut times: Vec<f64> = told.iter().map(|told| told.milliseconds).collect();
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    println!(
        "{:<36} {:>5} {:>6.1}% {other:>6} {:>8} {:>11.0} {:>6.0}",
        format!("{}, {condition}", Path::new(model).file_name().unwrap_or_default().to_string_lossy()),
        told.len(),
        percent(right, told.len()),
        told.len() - right - other,
        at(50),
        at(95),
    );
}

/// Of what was understood with so much confidence, so much was right.
fn reliability(model: &str, told: &[Told]) {
    println!("\n{model}: confidence   understood   right");
    let bounds = [0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.01];
    for (from, to) in bounds.iter().zip(bounds.iter().skip(1)) {
        let inside = told.iter().filter_map(|told| told.understood).filter(|(sure, _)| (from..to).contains(&sure));
        let inside: Vec<bool> = inside.map(|(_, right)| right).collect();
        let right = inside.iter().filter(|right| **right).count();
        println!("  {from:.2} to {:.2} {:>12} {:>6.1}%", to.min(1.0), inside.len(), percent(right, inside.len()));
    }
    println!();
}

fn percent(part: usize, all: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "hundreds")]
    let ratio = part as f64 / all.max(1) as f64;
    ratio * 100.0
}

#!/bin/bash
# A sound server without a sound card, for tests: PulseAudio, private to one folder, no D-Bus, no X.
# Needs (Debian names): pulseaudio pulseaudio-utils libasound2-plugins
#
#   virtual-audio.sh start DIR   starts it, prints the environment as NAME=VALUE lines
#   virtual-audio.sh stop DIR    stops it
#
# Sinks: "speaker" (record what was played from speaker.monitor) and "micfeed" (play into it to speak
# into the source "mic"). ALSA's default device leads to the same server.
set -eu
action=${1:?start or stop} dir=${2:?a folder}

settings() {
    printf '%s\n' "XDG_RUNTIME_DIR=$dir/run" "PULSE_RUNTIME_PATH=$dir/run/pulse" "PULSE_STATE_PATH=$dir/state" \
        "PULSE_SERVER=unix:$dir/run/pulse/native" "ALSA_CONFIG_PATH=$dir/asound.conf"
}

start() {
    mkdir -p "$dir/run/pulse" "$dir/state"
    chmod 700 "$dir/run"
    cat > "$dir/asound.conf" <<'EOF'
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse hint { show on description "default (pulse)" } }
ctl.!default { type pulse }
EOF
    cat > "$dir/server.pa" <<EOF
load-module module-native-protocol-unix auth-anonymous=1 socket=$dir/run/pulse/native
load-module module-null-sink sink_name=speaker sink_properties=device.description=Speaker rate=48000 channels=2
load-module module-null-sink sink_name=micfeed sink_properties=device.description=MicFeed rate=48000 channels=1
load-module module-remap-source master=micfeed.monitor source_name=mic source_properties=device.description=Mic
set-default-sink speaker
set-default-source mic
EOF
    while read -r line; do export "${line?}"; done < <(settings)
    # No shared memory, no real-time priority: containers often allow neither.
    pulseaudio -n --daemonize=no --exit-idle-time=-1 --use-pid-file=no --disable-shm=yes --realtime=no \
        --high-priority=no -F "$dir/server.pa" --log-target="file:$dir/pulse.log" > /dev/null 2>&1 &
    echo $! > "$dir/pid"
    for _ in $(seq 50); do
        # The default source is set last.
        if pactl info 2> /dev/null | grep -q 'Default Source: mic'; then
            settings
            return
        fi
        sleep 0.1
    done
    echo "the sound server did not start: see $dir/pulse.log" >&2
    exit 1
}

case $action in
    start) start ;;
    stop) kill "$(cat "$dir/pid")" ;;
    *) echo "start or stop" >&2; exit 2 ;;
esac

#!/usr/bin/env bash
# A sound file that was cut off in the middle, by an upload that broke or a disk that was full, is read by soundfile 0.14.0
# (libsndfile 1.2.2) as if it were whole, where it is WAV or OGG: no error, no warning, fewer samples. The same cut of a
# FLAC is an error. The WAV's header still promises all of its bytes and an OGG's last page is not finished, so whoever
# needs whole clips (an encoder of features, a check of a data set) has to compare these with the file's size: reading is
# no proof. Versions: soundfile 0.14.0, numpy 2.4.1.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q soundfile==0.14.0 numpy==2.4.1
cd "$work"
"$work/venv/bin/python" - <<'PY'
import sys
from pathlib import Path

import numpy as np
import soundfile

print("soundfile", soundfile.__version__, "libsndfile", soundfile.__libsndfile_version__)
noise = np.random.default_rng(0).normal(0, 0.1, 20 * 16_000)
told = {}
for ending, subtype in (("wav", "PCM_16"), ("ogg", "VORBIS"), ("flac", "PCM_16")):
    path = Path(f"clip.{ending}")
    soundfile.write(path, noise, 16_000, subtype=subtype)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    try:
        told[ending] = f"{len(soundfile.read(path)[0]):,} of {len(noise):,} samples, no error"
    except soundfile.LibsndfileError as error:
        told[ending] = f"error: {error}"
    print(f"{ending}, cut in half: {told[ending]}")
riff = Path("clip.wav").read_bytes()
print(f"the WAV's header promises {int.from_bytes(riff[4:8], 'little') + 8:,} bytes, there are {len(riff):,}")
as_told = "no error" in told["wav"] and "no error" in told["ogg"] and "error: " in told["flac"]
sys.exit(0 if as_told else 1)
PY
